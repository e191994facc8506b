package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.chaos.process.ChildJvm.Outcome;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.trace.TraceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The thirty steps of the preset {@code tiny} on four ranks in two worker processes (ring 2 over the nodes, Ulysses 2 inside), run once as
 * the reference: one rank must agree with it, and every other way to the same end (started by hand, over Aeron IPC, stopped, killed) must
 * give the very same bits.
 */
final class TrainingIT {
    private static final int STEPS = 30;
    private static final double RELATIVE_TOLERANCE = 1e-4;
    private static final Duration RUN_LIMIT = Duration.ofMinutes(5);
    private static final Pattern ADDRESS = Pattern.compile("worker --seed (\\S+)");
    private static final int SIGKILLED = 137;
    private static final int SIGTERMED = 143;

    @TempDir
    static Path folder;

    private static List<Double> reference = List.of();

    @BeforeAll
    static void trainUndisturbed() {
        reference = train("reference");
        assertEquals(STEPS, reference.size());
        double first = reference.getFirst();
        assertTrue(reference.getLast() < first, () -> "nothing was learned: losses=" + reference);
    }

    @Test
    void shouldAgreeWithOneRankWhenSharded() {
        List<Double> oneRank = train(
                "one-rank",
                "--set",
                "mesh.ring=1",
                "--set",
                "mesh.ulysses=1",
                "--set",
                "cluster.nodes=1",
                "--set",
                "cluster.ranks-per-node=1");
        assertClose(oneRank, reference);
    }

    @Test
    void shouldAgreeWhenTheWorkIsCutInAnotherWay() {
        List<Double> losses = train(
                "otherwise",
                "--set",
                "mesh.inner=ring",
                "--set",
                "sharding.layout=striped",
                "--set",
                "sharding.state=parameters",
                "--set",
                "recompute.layers=all");
        assertClose(reference, losses);
        for (StepMetrics step : new ObservedRun(folder.resolve("otherwise")).steps()) {
            // two nodes of two ranks, one process each: bytes stay in a process or go to the other node
            assertTrue(step.localBytes() > 0 && step.interNodeBytes() > 0, () -> "step=" + step);
            assertEquals(0, step.intraNodeBytes(), () -> "step=" + step);
        }
    }

    @Test
    void shouldGiveTheSameLossesWhenBytesTravelByIpc() {
        assertEquals(reference, train("ipc", "--set", "transport.intra-node=ipc"));
    }

    /** What watches the ranks, and how long bytes take, changes no bit. */
    @Test
    void shouldRecordATimelineOfEachRankAlsoOnSlowLinks() throws IOException {
        List<Double> losses = train(
                "traced",
                "--trace",
                "--set",
                "trace.from-step=2",
                "--set",
                "trace.steps=3",
                "--set",
                "transport.limits.inter-node.bandwidth=200 MiB",
                "--set",
                "transport.limits.inter-node.latency=1 ms");
        assertEquals(reference, losses);
        JsonNode events = new ObjectMapper()
                .readTree(folder.resolve("traced").resolve(TraceFile.NAME).toFile())
                .path("traceEvents");
        Map<Integer, Set<String>> names = new TreeMap<>();
        events.forEach(event -> names.computeIfAbsent(event.path("pid").asInt(), rank -> new TreeSet<>())
                .add(event.path("name").asText()));
        assertEquals(Set.of(0, 1, 2, 3), names.keySet());
        names.forEach((rank, seen) -> {
            assertTrue(
                    seen.containsAll(List.of(
                            "stage 0 step 2",
                            "stage 0 step 4",
                            "samples",
                            "all-to-all",
                            "await send-receive",
                            "attention.forward",
                            "optimizer.adamW")),
                    () -> "rank=%d seen=%s".formatted(rank, seen));
            assertFalse(seen.contains("stage 0 step 1") || seen.contains("stage 0 step 5"), seen::toString);
        });
    }

    @Test
    void shouldGoOnExactlyWhenStoppedByHandAndResumed() {
        ObservedRun run = new ObservedRun(folder.resolve("stopped"));
        try (ChildJvm seed = ChildJvm.start(
                        folder, "train", "tiny", "--out", run.root().toString());
                ChildJvm follower = followed(run, seed)) {
            awaitSteps(run, 5, seed);
            seed.terminate();
            Outcome followed = follower.outcome(RUN_LIMIT);
            assertEquals(0, followed.exitCode(), follower::story);
            assertTrue(
                    followed.out().lines().allMatch(line -> line.startsWith("seed   | "))
                            && followed.out().contains("seed.listening")
                            && followed.out().contains("seed   | "),
                    followed::out);
            Outcome stopped = seed.outcome(RUN_LIMIT);
            assertEquals(SIGTERMED, stopped.exitCode(), () -> seed.story() + run.story());
            assertFalse(run.journal(JournalEntry.StopRequested.class).isEmpty(), run::story);
        }
        int before = run.committedSteps();
        assertTrue(before >= 5 && before < STEPS, () -> "the signal came too late: steps=" + before);
        resumeToTheEnd(run);
        List<JournalEntry.RunStarted> starts = run.journal(JournalEntry.RunStarted.class);
        assertEquals(
                List.of(0L, (long) before),
                starts.stream().map(JournalEntry.RunStarted::globalStep).toList());
    }

    /** Seed and workers started by hand, so that each one's end can be seen. */
    @Test
    void shouldGoOnExactlyWhenAllProcessesAreKilledAndResumed() {
        ObservedRun run = new ObservedRun(folder.resolve("killed"));
        List<ChildJvm> processes = new ArrayList<>();
        try {
            startByHand(run, processes, "--set", "checkpoint.every-steps=4");
            BoundedWait.until(
                    "a checkpoint and steps behind it",
                    RUN_LIMIT,
                    () -> processes.stream().anyMatch(process -> !process.isAlive())
                            || (checkpointedStep(run) > 0 && run.committedSteps() > checkpointedStep(run)),
                    () -> story(run, processes));
            processes.forEach(ChildJvm::kill);
            for (ChildJvm process : processes) {
                assertEquals(SIGKILLED, process.outcome(RUN_LIMIT).exitCode(), () -> story(run, processes));
            }
        } finally {
            processes.forEach(ChildJvm::close);
        }
        assertTrue(run.journal(JournalEntry.RunEnded.class).isEmpty(), "the run ended before it was killed");
        long checkpoint = checkpointedStep(run);
        assertTrue(checkpoint > 0 && checkpoint < STEPS, () -> "checkpoint=" + checkpoint);
        resumeToTheEnd(run);
        List<JournalEntry.RunStarted> starts = run.journal(JournalEntry.RunStarted.class);
        assertEquals(
                List.of(0L, checkpoint),
                starts.stream().map(JournalEntry.RunStarted::globalStep).toList());
    }

    @Test
    void shouldGiveTheSameLossesWhenSeedAndWorkersAreStartedByHand() {
        ObservedRun run = new ObservedRun(folder.resolve("by-hand"));
        List<ChildJvm> processes = new ArrayList<>();
        try {
            startByHand(run, processes);
            for (ChildJvm process : processes) {
                assertEquals(0, process.outcome(RUN_LIMIT).exitCode(), () -> story(run, processes));
            }
        } finally {
            processes.forEach(ChildJvm::close);
        }
        assertEquals(reference, run.losses());
    }

    /** {@code logs --follow}, which ends with the run. */
    private static ChildJvm followed(ObservedRun run, ChildJvm seed) {
        awaitSteps(run, 1, seed);
        return ChildJvm.start(folder, "logs", run.root().toString(), "--follow", "--node", "seed");
    }

    private static void assertClose(List<Double> expected, List<Double> actual) {
        assertEquals(STEPS, expected.size());
        assertEquals(STEPS, actual.size());
        for (int step = 0; step < STEPS; step++) {
            double difference = Math.abs(actual.get(step) - expected.get(step)) / Math.abs(expected.get(step));
            String facts = "step=%d expected=%s actual=%s relative=%g"
                    .formatted(step, expected.get(step), actual.get(step), difference);
            assertTrue(difference <= RELATIVE_TOLERANCE, facts);
        }
    }

    private static List<Double> train(String name, String... options) {
        ObservedRun run = new ObservedRun(folder.resolve(name));
        List<String> arguments =
                new ArrayList<>(List.of("train", "tiny", "--out", run.root().toString()));
        arguments.addAll(List.of(options));
        try (ChildJvm seed = ChildJvm.start(folder, arguments.toArray(String[]::new))) {
            Outcome outcome = seed.outcome(RUN_LIMIT);
            assertEquals(0, outcome.exitCode(), () -> seed.story() + run.story());
            return run.losses();
        }
    }

    /** {@code seed} and two {@code worker} processes; the caller closes them. */
    private static void startByHand(ObservedRun run, List<ChildJvm> processes, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of("seed", "tiny", "--out", run.root().toString()));
        arguments.addAll(List.of(options));
        ChildJvm seed = ChildJvm.start(folder, arguments.toArray(String[]::new));
        processes.add(seed);
        BoundedWait.until(
                "the seed's address",
                RUN_LIMIT,
                () -> ADDRESS.matcher(seed.out()).find() || !seed.isAlive(),
                seed::story);
        Matcher address = ADDRESS.matcher(seed.out());
        assertTrue(address.find(), seed::story);
        for (String node : List.of("node-0", "node-1")) {
            String log = folder.resolve(node + "-of-" + run.root().getFileName() + ".log")
                    .toString();
            processes.add(ChildJvm.start(
                    folder,
                    "worker",
                    "--seed",
                    address.group(1),
                    "--node-id",
                    node,
                    "--join-timeout",
                    "240",
                    "--log",
                    log));
        }
    }

    private static void resumeToTheEnd(ObservedRun run) {
        try (ChildJvm resumed = ChildJvm.start(folder, "resume", run.root().toString())) {
            Outcome outcome = resumed.outcome(RUN_LIMIT);
            assertEquals(0, outcome.exitCode(), () -> resumed.story() + run.story());
        }
        assertEquals(reference, run.losses(), "the resumed run must have every bit of the undisturbed one");
    }

    private static void awaitSteps(ObservedRun run, int steps, ChildJvm seed) {
        BoundedWait.until(
                "step " + steps,
                RUN_LIMIT,
                () -> run.committedSteps() >= steps || !seed.isAlive(),
                () -> seed.story() + run.story());
    }

    /** Steps of the run that its newest checkpoint holds; 0 when there is none. */
    private static long checkpointedStep(ObservedRun run) {
        return run.journal(JournalEntry.CheckpointCommitted.class).stream()
                .mapToLong(JournalEntry.CheckpointCommitted::globalStep)
                .max()
                .orElse(0);
    }

    private static String story(ObservedRun run, List<ChildJvm> processes) {
        StringBuilder story = new StringBuilder();
        processes.forEach(process -> story.append(process.story()));
        return story.append(run.story()).toString();
    }
}
