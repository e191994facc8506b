package io.longreel.runtime.cli;

import io.longreel.runtime.launch.RunDirectory.Existing;
import io.longreel.runtime.launch.RunSession;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code seed CONF}: the seed of a job whose workers are started by hand, on any machines that share the run directory.
 */
@Command(
        name = "seed",
        description = "Starts the seed of a job over several machines; workers join it with 'longreel worker'.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class SeedCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final RunOptions options = new RunOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(
            names = "--stay",
            description =
                    "When the run is over, keep its server and wait for SIGTERM: for whatever would start this process again.")
    private boolean stays;

    @Override
    public Integer call() {
        RunSession session = RunSession.seedOnly(spec.commandLine().getOut(), stays);
        return RunOutcome.print(spec, options.run(session, options.load(source), Existing.KEEP));
    }
}
