package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.runtime.launch.RunDirectory.Existing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that starts a new run: use it as {@code @Mixin}. */
final class RunOptions {
    @Mixin
    private final ConfigOptions configOptions = new ConfigOptions();

    @Option(names = "--out", paramLabel = "DIR", description = "Run directory, instead of the configuration's.")
    private @Nullable Path out;

    @Option(names = "--overwrite", description = "Replace the run that is in the run directory.")
    private boolean overwrite;

    @Option(
            names = "--trace",
            description =
                    "Records ten steps of each stage as a timeline, trace.json in the run directory, which opens in ui.perfetto.dev. Which steps: --set trace.steps=N, trace.from-step=N.")
    private boolean traces;

    RunConfig load(String source, String... ownOverrides) {
        List<String> overrides = new ArrayList<>(List.of(ownOverrides));
        if (out != null) {
            overrides.add("out=" + out);
        }
        if (traces) {
            overrides.add("trace.steps=10");
        }
        return configOptions.load(source, overrides.toArray(String[]::new));
    }

    /**
     * @param unasked what the command may do to an older run without being told to
     */
    Existing existing(Existing unasked) {
        return overwrite ? Existing.REPLACE : unasked;
    }
}
