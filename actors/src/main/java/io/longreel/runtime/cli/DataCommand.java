package io.longreel.runtime.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code data}: training data before it meets a run. */
@Command(
        name = "data",
        description = "Shows and makes training data.",
        subcommands = {
            DataInspectCommand.class,
            DataStatsCommand.class,
            DataPreviewCommand.class,
            DataBuildSftCommand.class
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DataCommand implements Runnable {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "name what to do: " + String.join(", ", spec.subcommands().keySet()));
    }
}
