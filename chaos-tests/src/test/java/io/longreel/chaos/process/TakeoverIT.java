package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The preset {@code tiny} over processes that are started by hand, one of which is a spare, and whose seed is killed. */
final class TakeoverIT {
    private static final int STEPS = 30;
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final List<String> NODES = List.of("node-a", "node-b", "node-c");
    private static final List<String> ARGUMENTS =
            List.of("tiny", "--set", "recovery.spares=1", "--set", "recovery.snapshot-every-steps=1");

    @TempDir
    private static Path folder = Path.of("");

    private static final List<String> SOCKETS = new ArrayList<>();
    private static List<Double> reference = List.of();

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        try (Job undisturbed = Job.train(folder, "reference", InstantSource.system(), List.of(), ARGUMENTS)) {
            undisturbed.awaitSteps(1, LIMIT);
            if (OpenSockets.canBeRead()) {
                SOCKETS.addAll(OpenSockets.of(undisturbed.seed().pid()));
                for (ProcessHandle worker : undisturbed.seed().descendants()) {
                    SOCKETS.addAll(OpenSockets.of(worker.pid()));
                }
            }
            assertEquals(0, undisturbed.outcome(LIMIT).exitCode(), undisturbed::story);
            reference = undisturbed.run().losses();
        }
    }

    @Test
    void shouldBeReachableFromThisMachineOnlyWhenNotToldOtherwise() {
        assumeTrue(OpenSockets.canBeRead(), "skipped: needs the tables of a Linux kernel");
        assertTrue(SOCKETS.stream().anyMatch(socket -> socket.startsWith("tcp")), SOCKETS::toString);
        assertTrue(SOCKETS.stream().anyMatch(socket -> socket.startsWith("udp")), SOCKETS::toString);
        assertEquals(
                List.of(),
                SOCKETS.stream()
                        .filter(socket -> !OpenSockets.isLoopback(socket))
                        .toList());
    }

    @Test
    void shouldGoOnWithTheSameBitsUnderAnotherSupervisorWhenTheSeedIsKilled() {
        try (Job job = Job.byHand(folder, "run", InstantSource.system(), List.of(), ARGUMENTS)) {
            List<ChildJvm> workers = NODES.stream().map(job::startWorker).toList();
            job.awaitSteps(5, LIMIT);
            job.seed().kill();
            for (ChildJvm worker : workers) {
                assertEquals(0, worker.outcome(LIMIT).exitCode(), job::story);
                assertTrue(worker.out().contains("finished: 30 steps"), job::story);
            }
            ObservedRun run = job.run();
            long before = run.journal(JournalEntry.class).stream()
                    .takeWhile(entry -> !(entry instanceof JournalEntry.TermBegan began && began.term() == 2))
                    .filter(JournalEntry.StepCommitted.class::isInstance)
                    .count();
            assertTrue(before >= 5 && before < STEPS, () -> "killed too late: steps=" + before);
            assertEquals(2, run.journal(JournalEntry.TermBegan.class).size(), job::story);
            assertFalse(
                    run.journal(JournalEntry.TermBegan.class).getLast().holder().isBlank());
            assertEquals(
                    IntStream.range(0, STEPS).boxed().toList(),
                    run.steps().stream().map(StepMetrics::globalStep).toList(),
                    "no step is lost or doubled");
            assertEquals(reference, run.losses(), "to the bit");
        }
    }
}
