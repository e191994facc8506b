package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
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

    @Option(
            names = "--stay",
            description =
                    "When the run is over, keep its server and wait for SIGTERM: for whatever would start this process again.")
    private boolean stays;

    @Override
    public Integer call() {
        if (stays && !seedOnly) {
            throw RuntimeFailure.config("--stay is for a process that something starts again, a seed: add --seed-only");
        }
        RunSession session = seedOnly
                ? RunSession.seedOnly(spec.commandLine().getOut(), stays)
                : RunSession.withWorkers(spec.commandLine().getOut());
        return RunOutcome.print(spec, session.resume(run));
    }
}
