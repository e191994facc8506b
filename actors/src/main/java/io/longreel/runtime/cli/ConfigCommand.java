package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code config CONF}: checks a configuration and prints it as a run would see it. Touches nothing. */
@Command(
        name = "config",
        description = "Checks a configuration and prints it as resolved.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ConfigCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(names = "--explain", description = "With the meaning of each key above it.")
    private boolean explain;

    @Override
    public Integer call() {
        RunConfig config = options.load(source);
        spec.commandLine().getOut().print(explain ? RunConfigLoader.explain(config) : RunConfigLoader.render(config));
        spec.commandLine().getOut().flush();
        return Main.OK;
    }
}
