package io.longreel.runtime.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code completion SHELL}: what a shell reads to complete commands and options of this build. */
@Command(
        name = "completion",
        description = "Prints what a shell needs to complete commands and options.",
        footer = {
            "",
            "bash, in ~/.bashrc:  source <(bin/longreel completion bash)",
            "zsh, in ~/.zshrc:    source <(bin/longreel completion zsh)"
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class CompletionCommand implements Callable<Integer> {
    /** Shells whose completion is known. */
    enum Shell {
        BASH,
        ZSH
    }

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
    void shell(Shell named) {
        // A shell that is not known is refused by being none of these.
    }

    @Override
    public Integer call() {
        CommandLine all = Main.commandLine(Commands.all());
        // One text for both: under zsh it loads the bridge to bash's completion itself.
        spec.commandLine().getOut().print(AutoComplete.bash("longreel", all));
        spec.commandLine().getOut().flush();
        return Main.OK;
    }
}
