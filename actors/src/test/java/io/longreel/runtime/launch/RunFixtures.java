package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.StageSettings;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.rank.TrainingWorkFactory;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.StepCost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Run directories in the states in which tests need them. */
final class RunFixtures {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-21T01:02:03Z"));

    /** Two stages of 3 and 2 steps on four ranks. */
    private static final String CONFIG = """
            longreel {
              name = fixture
              out = "%s"
              cluster { nodes = 2, ranks-per-node = 2 }
              mesh { ring = 2, ulysses = 2 }
              checkpoint.keep = 2
              stages = [
                { name = short, phases = [{ steps = 3 }], evaluation { name = needle-short, frames = [8, 16], depths = 3, needles = 2 } }
                { name = long, phases = [{ steps = 2, rope-theta = 1e6, rope-scale = 2 }] }
              ]
            }
            """;

    /** By which the processes of a run know each other. */
    private static final long TOKEN = 0x1234_5678_9abc_def0L;

    private RunFixtures() {}

    static RunConfig config(Path out, String... overrides) {
        return RunConfigLoader.parse(CONFIG.formatted(out), "fixture", List.of(overrides));
    }

    static RunDirectory created(Path root) {
        RunDirectory directory = RunDirectory.at(root);
        directory.create(RunDirectory.Existing.KEEP, RunConfigLoader.render(config(root)));
        return directory;
    }

    static void journal(RunDirectory directory, JournalEntry... entries) throws IOException {
        try (Journal journal = Journal.begin(directory.root(), "fixture", CLOCK)) {
            for (JournalEntry entry : entries) {
                journal.append(entry);
            }
        }
    }

    /** A seed whose workers are started by the test. */
    static SeedProcess.Job job(RunConfig config, RunDirectory directory, Consumer<String> listening) {
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        RunFiles files = RunFiles.open(
                config,
                directory,
                "test",
                0,
                (stage, step) -> new StageSettings.Rope(Optional.of(1e4), Optional.of(1.0)),
                StepWork.UNKNOWN,
                new ResultFiles(config, model, directory, InstantSource.system()),
                news -> {});
        JobPlan plan = JobPlan.of(
                config,
                model.llm().heads(),
                RunConfigLoader.render(config),
                TOKEN,
                directory.root().toString(),
                Start.fresh(1));
        return new SeedProcess.Job(plan, config.cluster(), directory, files, false, listening);
    }

    /** The {@code globalStep}-th step of the run is done, counted from 1. */
    static CommittedStep step(int globalStep) {
        Position position =
                globalStep <= 3 ? new Position(0, globalStep, globalStep) : new Position(1, globalStep - 3, globalStep);
        return new CommittedStep(
                position,
                position.stage() == 0 ? "short" : "long",
                new StepResult(1.0 / globalStep, 2, 100, 1.5, 1e-3, true),
                new StepCost(12.5, 0.25, 1.5, 1.25),
                new SentBytes(1, 2, 3));
    }
}
