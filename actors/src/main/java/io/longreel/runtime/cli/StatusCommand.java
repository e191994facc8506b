package io.longreel.runtime.cli;

import io.longreel.runtime.launch.RunStatus;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code status RUN}: how far a run has come, read from its files; the run need not be alive. */
@Command(
        name = "status",
        description = "Says how far a run has come.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class StatusCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @Override
    public Integer call() {
        RunStatus.of(run).lines().forEach(spec.commandLine().getOut()::println);
        return Main.OK;
    }
}
