package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.metrics.StepWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code status} says of runs in every state that a directory can be in. */
class RunStatusTest {
    private static final Instant START = Instant.parse("2026-11-21T01:02:03Z");
    private static final String MESH = "data=1,ring=2,ulysses=2";
    private static final List<String> NODES = List.of("node-0", "node-0", "node-2", "node-2");

    private Instant now = START;

    private RunStatus status(Path root) {
        return RunStatus.of(root, () -> now);
    }

    private StatusText text(Path root) {
        return new StatusText(status(root));
    }

    /** Each entry a second behind the one before it. */
    private void journal(Path root, JournalEntry... entries) throws IOException {
        InstantSource clock = () -> now;
        try (Journal journal = Journal.begin(root, "seed", clock)) {
            for (JournalEntry entry : entries) {
                now = now.plusSeconds(1);
                journal.append(entry);
            }
        }
    }

    private static JournalEntry.StepCommitted commit(int step) {
        return new JournalEntry.StepCommitted(
                1, 0, step, step, RunFixtures.step(step).result());
    }

    private static JournalEntry.RunStarted started(long globalStep) {
        return new JournalEntry.RunStarted("fixture", MESH, 2, 2, globalStep);
    }

    private static void metrics(RunDirectory directory, int steps) throws IOException {
        String lines = IntStream.rangeClosed(1, steps)
                .mapToObj(step -> MetricsFile.lineOf(RunFixtures.step(step), StepWork.UNKNOWN, START.plusSeconds(step)))
                .map(StepMetrics::toJsonLine)
                .collect(Collectors.joining("\n", "", "\n"));
        Files.writeString(directory.metricsFile(), lines);
    }

    @Test
    void shouldTellPlaceSpeedAndRanksWhileTheRunGoesOn(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            journal(root, started(0));
            assertEquals(RunStatus.State.RUNNING, status(root).state());
            assertTrue(text(root).lines().contains("no step is committed"));
            metrics(directory, 2);
            journal(
                    root,
                    new JournalEntry.Placed(1, NODES, MESH),
                    new JournalEntry.StageBegan(1, 0, "short", 3),
                    commit(1),
                    commit(2));
            String all = String.join("\n", text(root).lines());
            assertTrue(all.contains("state: running"), all);
            assertTrue(all.contains("stage 1/2 short, step 2 of 3 (2 of 5 of the run), loss"), all);
            assertTrue(all.contains("tokens/s"), all);
            assertTrue(all.contains(" left"), all);
            assertTrue(all.contains("node-2: ranks 2 3"), all);
            ObjectNode json = text(root).json();
            assertEquals("running", json.path("state").asText());
            assertEquals(2, json.path("committedSteps").asInt());
            assertEquals("short", json.path("stage").path("name").asText());
            assertEquals(2, json.path("nodes").path("node-0").size());
            assertTrue(json.path("leftSeconds").isNumber(), json::toString);
        }
    }

    @Test
    void shouldCountFaultsAndWhatTheyCost(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            metrics(directory, 2);
            journal(
                    root,
                    started(0),
                    new JournalEntry.StageBegan(1, 0, "short", 3), // 2 s
                    commit(1),
                    new JournalEntry.NodeLost("node-1", "node-1/7", "its process ended"), // 4 s
                    new JournalEntry.Recovering(2, 0, 1, 1, "node-1 is lost"), // 5 s
                    new JournalEntry.Placed(2, NODES, MESH),
                    commit(1), // computed again: no new step
                    commit(2)); // 8 s
            RunStatus status = status(root);
            assertEquals(Duration.ofSeconds(6), status.account().trained());
            assertEquals(Duration.ofSeconds(3), status.account().lost());
            assertEquals(0.5, status.account().goodput().orElseThrow(), 1e-9);
            assertTrue(text(root).lines().contains("faults: node_lost 1, recovery 1"), text(root)::toString);
            now = now.plusSeconds(6);
            assertEquals(
                    0.75, status(root).account().goodput().orElseThrow(), 1e-9, "time goes on while the run is alive");
        }
    }

    @Test
    void shouldNotCountTheTimeInWhichNobodyWorkedOnTheRun(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            metrics(directory, 2);
            journal(root, started(0), new JournalEntry.StageBegan(1, 0, "short", 3), commit(1));
            now = now.plus(Duration.ofDays(1));
            journal(root, started(1), new JournalEntry.StageBegan(2, 0, "short", 3), commit(2));
        }
        assertEquals(Duration.ofSeconds(2), status(root).account().trained());
        assertEquals(1, status(root).account().goodput().orElseThrow());
        assertTrue(status(root).account().faults().isEmpty());
    }

    @Test
    void shouldTellWhoTookTheRunOver(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            journal(root, started(0));
            journal(directory.root(), new JournalEntry.Recovering(2, 0, 0, 0, "the seed is gone"));
        }
        assertEquals(
                Optional.of(1),
                Optional.ofNullable(status(root).account().counts().get("takeover")));
    }

    @Test
    void shouldTellHowARunEnded(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            metrics(directory, 4);
            journal(root, started(0), new JournalEntry.CheckpointCommitted("step-00000003", 0, 3, 3));
        }
        List<String> killed = text(root).lines();
        assertTrue(killed.contains("state: killed; go on with bin/longreel resume " + root), killed::toString);
        assertTrue(killed.contains("checkpoint: step-00000003"), killed::toString);

        journal(root, started(3), new JournalEntry.RunEnded(1, "five recoveries in a row"));
        assertEquals(RunStatus.State.FAILED, status(root).state());
        assertTrue(text(root).lines().contains("state: failed: five recoveries in a row"), text(root)::toString);

        journal(root, started(3), new JournalEntry.StopRequested("Ctrl-C"), new JournalEntry.RunEnded(0, "stopped"));
        assertEquals(RunStatus.State.STOPPED, status(root).state());
        assertFalse(text(root).json().has("leftSeconds"));

        metrics(RunDirectory.at(root), 5);
        journal(
                root,
                started(4),
                new JournalEntry.EvaluationFinished(0, "needle-short", 9, 12),
                new JournalEntry.RunEnded(0, "finished: 5 steps"));
        assertEquals(RunStatus.State.FINISHED, status(root).state());
        assertTrue(text(root).lines().contains("needle-short: accuracy 0.750 (9 of 12)"), text(root)::toString);
    }

    @Test
    void shouldRefuseWhatIsNoRun(@TempDir Path root) {
        RunConfig unused = RunFixtures.config(root);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> status(unused.out()));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
    }
}
