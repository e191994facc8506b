package io.longreel.runtime.cli;

import io.longreel.runtime.launch.RunSession;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code resume RUN}: goes on with a run that was stopped or killed, behind its newest checkpoint. */
@Command(
        name = "resume",
        description = "Goes on with a run at its last checkpoint.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ResumeCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @Option(names = "--seed-only", description = "Start no workers: they join by hand, as with 'longreel seed'.")
    private boolean seedOnly;

    @Override
    public Integer call() {
        RunSession session = seedOnly
                ? RunSession.seedOnly(spec.commandLine().getOut())
                : RunSession.withWorkers(spec.commandLine().getOut());
        return RunOutcome.print(spec, session.resume(run));
    }
}
