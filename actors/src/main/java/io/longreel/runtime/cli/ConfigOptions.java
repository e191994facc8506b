package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code --set key=value}, for every command that reads a configuration: use it as {@code @Mixin}. */
final class ConfigOptions {
    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Replaces a key of the configuration; may be repeated. List elements: stages[0].phases[0].steps=10.")
    private final List<String> overrides = new ArrayList<>();

    boolean isEmpty() {
        return overrides.isEmpty();
    }

    /**
     * Loads a configuration with the overrides of the command line.
     *
     * @param source file or preset
     * @param ownOverrides what the command sets itself, such as {@code out=DIR}; the user's {@code --set} comes on top
     */
    RunConfig load(String source, String... ownOverrides) {
        List<String> all = new ArrayList<>(List.of(ownOverrides));
        all.addAll(overrides);
        return RunConfigLoader.load(source, all);
    }
}
