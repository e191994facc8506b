package io.longreel.chaos.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code chaos}: faults on purpose. */
@Command(
        name = "chaos",
        description = "Disturbs jobs on purpose, and judges what becomes of them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ListCommand.class, PlayCommand.class, SoakCommand.class, SimCommand.class, ScaleCommand.class})
final class ChaosCommand implements Runnable {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command of chaos given: list, run, soak, sim or scale");
    }
}
