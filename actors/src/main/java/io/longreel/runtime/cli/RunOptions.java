package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.launch.RunDirectory;
import io.longreel.runtime.launch.RunDirectory.Existing;
import io.longreel.runtime.launch.RunSession;
import io.longreel.runtime.supervisor.RunEnd;
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
            names = "--resume",
            description =
                    "If the run directory holds a run, go on with it instead, as by 'longreel resume': for whatever starts the same command line again.")
    private boolean resumes;

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

    /** Begins the run, or goes on with the one that is there. */
    RunEnd run(RunSession session, RunConfig config, Existing unasked) {
        if (resumes && overwrite) {
            throw RuntimeFailure.config("--resume goes on with a run and --overwrite replaces it: leave one out");
        }
        return resumes && RunDirectory.at(config.out()).hasBegun()
                ? session.resume(config.out())
                : session.start(config, existing(unasked));
    }

    /**
     * @param unasked what the command may do to an older run without being told to
     */
    private Existing existing(Existing unasked) {
        return overwrite ? Existing.REPLACE : unasked;
    }
}
