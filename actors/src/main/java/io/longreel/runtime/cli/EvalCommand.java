package io.longreel.runtime.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code eval}: how good a finished model is. */
@Command(
        name = "eval",
        description = "Tests a model.",
        subcommands = {EvalNeedleCommand.class},
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class EvalCommand implements Runnable {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "name what to do: " + String.join(", ", spec.subcommands().keySet()));
    }
}
