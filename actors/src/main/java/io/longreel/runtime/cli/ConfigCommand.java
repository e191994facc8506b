package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code config CONF}: checks a configuration and prints it as a run would see it; {@code config --reference}: every key there is. Touches nothing. */
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
            arity = "0..1",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(names = "--explain", description = "With the meaning of each key above it.")
    private boolean explain;

    @Option(names = "--reference", description = "Every key with its default and meaning, as Markdown; without CONF.")
    private boolean reference;

    @Override
    public Integer call() {
        if (reference != source.isEmpty()) {
            throw RuntimeFailure.config("either a configuration or --reference must be given");
        }
        spec.commandLine().getOut().print(reference ? RunConfigLoader.referencePage() : resolved());
        spec.commandLine().getOut().flush();
        return Main.OK;
    }

    private String resolved() {
        RunConfig config = options.load(source);
        return explain ? RunConfigLoader.explain(config) : RunConfigLoader.render(config);
    }
}
