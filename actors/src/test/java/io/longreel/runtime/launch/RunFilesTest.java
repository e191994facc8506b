package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.curriculum.eval.NeedleResults;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.model.ModelConfig;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import io.longreel.model.checkpoint.SliceWriter;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.TermSuperseded;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.rank.TrainingWorkFactory;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {

    private static RunFiles open(RunDirectory directory, long doneSteps) {
        RunConfig config = RunFixtures.config(directory.root());
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        List<RunNews> news = new ArrayList<>();
        return RunFiles.open(
                config,
                directory,
                "test",
                doneSteps,
                (stage, step) -> new StageSettings.Rope(Optional.of(1e4 * (stage + 1)), Optional.of(1.0 + stage)),
                StepWork.UNKNOWN,
                new ResultFiles(config, model, directory, InstantSource.system()),
                news::add);
    }

    private static List<Integer> globalSteps(RunDirectory directory) {
        return StepMetrics.read(directory.metricsFile()).stream()
                .map(StepMetrics::globalStep)
                .toList();
    }

    /** Without tensors, but whole. */
    private static void checkpoint(RunDirectory directory, RunFiles files, Position position) {
        files.prepareCheckpoint(position);
        List<WrittenSlice> slices = new ArrayList<>();
        for (int rank = 0; rank < 4; rank++) {
            SliceFile slice = SliceWriter.write(
                    CheckpointStore.of(directory.root()).directory(position.globalStep()), rank, Map.of(), List.of());
            slices.add(new WrittenSlice(rank, slice.name(), slice.sizeBytes(), slice.sha256()));
        }
        files.manifest(new Effect.WriteManifest(
                "step", 1, RunFixtures.config(directory.root()).mesh(), position, Set.of(), slices));
    }

    @Test
    void shouldGiveBackTheRoomOfACheckpointThatWillNotBeAndKeepOneThatIs(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root);
                RunFiles files = open(directory, 0)) {
            Position whole = new Position(0, 1, 1);
            checkpoint(directory, files, whole);
            Position half = new Position(0, 2, 2);
            files.prepareCheckpoint(half);
            Path halfWritten = CheckpointStore.of(directory.root()).directory(2);
            SliceWriter.write(halfWritten, 0, Map.of(), List.of());
            files.discardCheckpoint(half);
            files.discardCheckpoint(whole);
            assertFalse(Files.exists(halfWritten));
            assertTrue(Files.exists(CheckpointStore.of(directory.root()).directory(1)));
        }
    }

    @Test
    void shouldCutMetricsBackToTheCheckpointWhenTheRunGoesOn(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            try (RunFiles files = open(directory, 0)) {
                IntStream.rangeClosed(1, 5).mapToObj(RunFixtures::step).forEach(files::step);
            }
            assertEquals(List.of(0, 1, 2, 3, 4), globalSteps(directory));
            String torn = Files.readString(directory.metricsFile()) + "{\"stage\":\"lo";
            Files.writeString(directory.metricsFile(), torn);
            try (RunFiles files = open(directory, 3)) {
                files.step(RunFixtures.step(4));
            }
            assertEquals(List.of(0, 1, 2, 3), globalSteps(directory));
            StepMetrics last = StepMetrics.read(directory.metricsFile()).getLast();
            assertEquals("long", last.stage());
            assertEquals(0, last.step());
            assertEquals(0.25, last.loss());
        }
    }

    @Test
    void shouldHaveOneMetricsLinePerCommittedStepWhenAnotherSupervisorTakesOver(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunFiles old = open(directory, 0);
            for (int step = 1; step <= 4; step++) {
                CommittedStep committed = RunFixtures.step(step);
                Position at = committed.position();
                old.journal(
                        new JournalEntry.StepCommitted(1, at.stage(), at.step(), at.globalStep(), committed.result()));
                if (step <= 2) {
                    old.step(committed); // it died before the third line
                }
            }
            try (RunFiles files = takeOver(directory, 4)) {
                assertThrows(TermSuperseded.class, () -> old.step(RunFixtures.step(3)), "woken up");
                assertThrows(TermSuperseded.class, () -> old.journal(new JournalEntry.StopRequested("late")));
                files.step(RunFixtures.step(5));
            }
            assertEquals(List.of(0, 1, 2, 3, 4), globalSteps(directory));
            StepMetrics found = StepMetrics.read(directory.metricsFile()).get(3);
            assertEquals(RunFixtures.step(4).result().loss(), found.loss());
            assertEquals("long", found.stage());
            old.close();
        }
    }

    @Test
    void shouldDropMetricsOfStepsThatTheJournalDoesNotHave(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            try (RunFiles old = open(directory, 0)) {
                IntStream.rangeClosed(1, 3).mapToObj(RunFixtures::step).forEach(old::step);
            }
            takeOver(directory, 2).close();
            assertEquals(List.of(0, 1), globalSteps(directory));
        }
    }

    private static RunFiles takeOver(RunDirectory directory, long committedSteps) throws IOException {
        RunConfig config = RunFixtures.config(directory.root());
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        return RunFiles.takeOver(
                config,
                directory,
                Journal.begin(directory.root(), "successor", RunFixtures.CLOCK),
                committedSteps,
                (stage, step) -> new StageSettings.Rope(Optional.of(1e4), Optional.of(1.0)),
                StepWork.UNKNOWN,
                new ResultFiles(config, model, directory, InstantSource.system()),
                news -> {});
    }

    @Test
    void shouldGoOnBehindTheNewestWholeCheckpoint(@TempDir Path root) throws Exception {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunConfig config = RunFixtures.config(root);
            RunFixtures.journal(
                    directory,
                    new JournalEntry.Placed(3, List.of("a", "a", "b", "b"), "mesh"),
                    new JournalEntry.EvaluationFinished(0, "needle-short", 1, 12));
            assertEquals(Start.fresh(4), ResumePoint.find(config, directory).start());
            try (RunFiles files = open(directory, 0)) {
                checkpoint(directory, files, new Position(0, 2, 2));
                checkpoint(directory, files, new Position(0, 3, 3));
                checkpoint(directory, files, new Position(1, 1, 4));
            }
            CheckpointStore store = CheckpointStore.of(root);
            assertFalse(Files.exists(store.directory(2)), "only two are kept");
            CheckpointManifest manifest = CheckpointManifest.read(store.directory(4));
            assertEquals("long", manifest.stage());
            assertEquals(2e4, manifest.ropeTheta());
            assertEquals(2, manifest.ropeScale());
            assertEquals(
                    new Start(
                            4,
                            new Position(1, 1, 4),
                            Optional.of(store.directory(4).toString()),
                            Set.of(0),
                            Set.of()),
                    ResumePoint.find(config, directory).start());
            Files.writeString(store.directory(4).resolve(SliceWriter.fileName(2)), "slice X");
            assertEquals(
                    new Position(0, 3, 3),
                    ResumePoint.find(config, directory).start().position());
        }
    }

    @Test
    void shouldWriteNeedleTablesAndTheReport(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunConfig config = RunFixtures.config(root);
            try (RunFiles files = open(directory, 0)) {
                files.step(RunFixtures.step(1));
                TestAnswer right = new TestAnswer(List.of(7), true);
                TestAnswer wrong = new TestAnswer(List.of(8), false);
                files.evaluation(new Effect.WriteEvaluation(
                        0,
                        config.stages().getFirst().evaluation().orElseThrow(),
                        List.of(
                                new CellOutcome(8, 0.5, List.of(right, wrong)),
                                new CellOutcome(16, 1, List.of(right, right)))));
            }
            NeedleResults results = NeedleResults.readJson("needle-short", root.resolve("needle-short.json"));
            assertEquals(
                    List.of(new NeedleResults.Cell(8, 0.5, 1, 2), new NeedleResults.Cell(16, 1, 2, 2)),
                    results.cells());
            assertTrue(Files.size(root.resolve("needle-short.png")) > 1000);
        }
    }
}
