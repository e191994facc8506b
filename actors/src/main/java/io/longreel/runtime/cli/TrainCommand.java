package io.longreel.runtime.cli;

import io.longreel.runtime.launch.RunDirectory.Existing;
import io.longreel.runtime.launch.RunSession;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code train CONF}: a whole job on this machine; the seed is this process, the workers are forked from it. */
@Command(
        name = "train",
        description = "Trains as a configuration says, with all processes on this machine.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class TrainCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final RunOptions options = new RunOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Override
    public Integer call() {
        RunSession session = RunSession.withWorkers(spec.commandLine().getOut());
        return RunOutcome.print(spec, options.run(session, options.load(source), Existing.KEEP));
    }
}
