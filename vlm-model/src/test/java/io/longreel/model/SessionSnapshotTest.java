package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.model.SnapshotRuns.Site;
import io.longreel.model.disk.Disk;
import io.longreel.model.snapshot.Damage;
import io.longreel.model.snapshot.HeldSlice;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotSlices;
import io.longreel.transport.CommunicationAborted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A snapshot is what a checkpoint of the same moment would be, from whichever memories it comes and onto whichever mesh. */
class SessionSnapshotTest {
    private static final SnapshotKey KEY = new SnapshotKey(1, 0, 2);

    @TempDir
    Path directory;

    /** Checkpoints of a run that took a snapshot, and what its next step reported. */
    private record Taken(Path checkpoint, List<TrainSession.StepReport> next) {}

    /** A state that was restored, as slices, and what its next step reported. */
    private record Restored(Map<String, byte[]> slices, List<TrainSession.StepReport> next) {}

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // taken on | lost | restored on  | what trains | what is sharded | weights
                "1,1,1 a    |      | 1,1,1 a      | FULL     | OPTIMIZER  | FP32",
                "1,2,2 aabb |      | 1,2,2 aabb   | FULL     | OPTIMIZER  | FP32",
                "1,2,2 aabb | b    | 1,2,2 aabb   | FULL     | GRADIENTS  | BF16",
                "1,2,2 aabb | a    | 1,2,2 aabb   | ADAPTERS | PARAMETERS | FP32",
                "1,2,2 aabb | b    | 1,2,2 aacc   | LORA     | PARAMETERS | BF16",
                "1,2,2 aabb | b    | 1,1,2 aa     | LORA     | OPTIMIZER  | FP32",
                "1,2,2 aabb | a    | 1,3,1 bbc    | FULL     | PARAMETERS | FP32",
                "1,2,1 ab   | a    | 1,1,1 b      | ADAPTERS | OPTIMIZER  | BF16",
                "1,1,1 a    |      | 2,2,1 aabb   | FULL     | PARAMETERS | BF16",
                "2,1,1 ab   | b    | 1,2,2 aacc   | PROJECTOR| GRADIENTS  | FP32",
                "1,3,1 aab  | a    | 1,1,2 bc     | ADAPTERS | OPTIMIZER  | FP32",
                "1,3,1 aab  | b    | 2,1,1 ab     | PROJECTOR| PARAMETERS | BF16",
                "1,2,2 aabb | b    | 1,2,2 aacc   | RATES    | OPTIMIZER  | FP32",
                "1,2,2 aabb | a    | 1,3,1 bbc    | RATES    | PARAMETERS | BF16",
            })
    void shouldRestoreWhatACheckpointWouldHaveHeld(
            String taken, String lost, String on, String stage, State state, PrecisionSettings.Weights weights) {
        SessionOptions options = ShardedStateTest.options(state, weights);
        try (SnapshotRuns runs = new SnapshotRuns(options, stage(stage), 1)) {
            Taken before = take(runs, Site.parse(taken));
            if (lost != null) {
                runs.lose(lost);
            }
            Restored restored = restore(runs, Site.parse(on), session -> session.restoreSnapshot(KEY));
            Restored expected = restore(runs, Site.parse(on), session -> session.restore(before.checkpoint));
            assertSame(expected.slices, restored.slices);
            assertEquals(expected.next, restored.next);
            if (Site.parse(taken).mesh().equals(Site.parse(on).mesh())) {
                assertEquals(before.next, restored.next);
            }
        }
    }

    /** What is lost in between is as if it had never been: also where the mesh is another one, when sums do not depend on it. */
    @Test
    void shouldGoOnWithTheSameBitsOnAnotherMeshWhenSumsAreExact() {
        SessionOptions exact = SessionOptions.DEFAULTS.withPrecision(new PrecisionSettings(
                PrecisionSettings.Weights.FP32, PrecisionSettings.Exchange.FP32, PrecisionSettings.Sums.EXACT));
        try (SnapshotRuns runs = new SnapshotRuns(exact, GoldenSteps.FULL, 1)) {
            Taken before = take(runs, Site.parse("1,2,1 ab"));
            runs.lose("b");
            Restored restored = restore(runs, Site.parse("1,3,1 aac"), session -> session.restoreSnapshot(KEY));
            assertEquals(before.next, restored.next);
        }
    }

    /** Each incarnation loses a node and leaves a snapshot to the next. */
    @Test
    void shouldEndWhereAnUndisturbedRunEndsWhenNodesAreLostAgainAndAgain() {
        Site site = Site.parse("1,2,2 aabb");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.ADAPTERS, 1)) {
            List<TrainSession.StepReport> whole = runs.run(site, session -> {
                        runs.begin(session);
                        session.snapshot(new SnapshotKey(1, 0, 0));
                        return runs.steps(session, 6);
                    })
                    .getFirst();
            List<TrainSession.StepReport> replayed = new ArrayList<>();
            for (int done = 0; done < 6; done += 2) {
                runs.lose(done % 4 == 0 ? "a" : "b");
                int from = done;
                replayed.addAll(runs.run(site, session -> {
                            runs.beginEmpty(session);
                            session.restoreSnapshot(new SnapshotKey(runs.generation() - 1, 0, from));
                            List<TrainSession.StepReport> two = runs.steps(session, 2);
                            session.snapshot(new SnapshotKey(runs.generation(), 0, from + 2));
                            runs.steps(session, 1); // never committed
                            session.snapshot(new SnapshotKey(runs.generation(), 0, from + 3));
                            return two;
                        })
                        .getFirst());
            }
            assertEquals(whole, replayed);
            List<SnapshotKey> held = runs.vault("b").held().stream()
                    .map(HeldSlice::key)
                    .filter(key -> key.generation() == 3)
                    .distinct()
                    .toList();
            assertEquals(List.of(new SnapshotKey(3, 0, 4)), held, "what was never committed is dropped by the restore");
        }
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,true"})
    void shouldSurviveAsManyLostNodesAsThereAreReplicas(int replicas, boolean survives) {
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.FULL, replicas)) {
            Taken before = take(runs, Site.parse("1,3,1 abc"));
            runs.lose("b");
            runs.lose("c");
            Site site = Site.parse("1,3,1 abc");
            assertEquals(
                    survives ? List.of(0, 1, 2) : List.of(0, 2),
                    ranks(runs.vault("a").held()));
            if (survives) {
                Restored restored = restore(runs, site, session -> session.restoreSnapshot(KEY));
                assertEquals(before.next, restored.next);
                return;
            }
            List<RuntimeFailure> failures = runs.run(site, session -> {
                runs.beginEmpty(session);
                return assertThrows(RuntimeFailure.class, () -> session.restoreSnapshot(KEY));
            });
            for (RuntimeFailure failure : failures) {
                assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
                assertTrue(failure.getMessage().endsWith("missingRanks=[1]"), failure.getMessage());
            }
        }
    }

    @Test
    void shouldRestoreFromTheOtherMemoryWhenASliceIsDamaged() {
        Site site = Site.parse("1,2,2 aabb");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.FULL, 1)) {
            Taken before = take(runs, site);
            Damage.strike(runs.vault("a"), KEY, 1);
            Damage.strike(runs.vault("b"), KEY, 0);
            RuntimeFailure refused =
                    assertThrows(RuntimeFailure.class, () -> SnapshotSlices.write(runs.vault("a"), KEY, fresh()));
            assertEquals(RuntimeFailure.Category.RETRYABLE, refused.category());
            assertTrue(refused.getMessage().contains("rank=1"), refused.getMessage());
            Restored restored = restore(runs, site, session -> session.restoreSnapshot(KEY));
            assertEquals(before.next, restored.next);
            assertEquals(List.of(0, 2, 3), ranks(runs.vault("a").held()));
            assertEquals(List.of(1, 2, 3), ranks(runs.vault("b").held()));
        }
    }

    @Test
    void shouldFailOnEveryRankWhenNoCopyIsUndamaged() {
        Site site = Site.parse("1,2,1 ab");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.FULL, 1)) {
            take(runs, site);
            Damage.strike(runs.vault("a"), KEY, 1);
            Damage.strike(runs.vault("b"), KEY, 1);
            List<RuntimeFailure> failures = runs.run(site, session -> {
                runs.beginEmpty(session);
                return assertThrows(RuntimeFailure.class, () -> session.restoreSnapshot(KEY));
            });
            assertEquals(2, failures.size());
            failures.forEach(
                    failure -> assertTrue(failure.getMessage().endsWith("missingRanks=[1]"), failure.getMessage()));
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A rank that dies while the others wait for its slice leaves nothing that looks like a snapshot. */
    @Test
    void shouldListNothingWhenAPeerFailsBeforeItsSliceHasArrived() {
        Site site = Site.parse("1,2,2 aabb");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.FULL, 1)) {
            AtomicInteger aborted = new AtomicInteger();
            // Before that, the death could end the others' step instead of their snapshot.
            CountDownLatch stepped = new CountDownLatch(3);
            IllegalStateException death = assertThrows(
                    IllegalStateException.class,
                    () -> runs.run(site, (session, endpoint) -> {
                        runs.begin(session);
                        session.snapshot(new SnapshotKey(1, 0, 0));
                        runs.steps(session, 1);
                        if (endpoint.rank() == 2) {
                            assertTrue(await(stepped), "the others are still in their step");
                            throw new IllegalStateException("the rank dies");
                        }
                        stepped.countDown();
                        try {
                            session.snapshot(new SnapshotKey(1, 0, 1));
                        } catch (CommunicationAborted e) {
                            aborted.incrementAndGet();
                        }
                        return 0;
                    }));
            assertEquals("the rank dies", death.getMessage());
            assertTrue(aborted.get() >= 1, "rank 0 expects a slice of the lost rank");
            List<HeldSlice> all = runs.vaults().values().stream()
                    .flatMap(vault -> vault.held().stream())
                    .toList();
            assertEquals(
                    8, all.stream().filter(slice -> slice.key().step() == 0).count());
            assertTrue(
                    all.stream()
                            .noneMatch(slice ->
                                    slice.key().step() == 1 && Set.of(0, 2).contains(slice.rank())),
                    all.toString());
        }
    }

    @Test
    void shouldSendWhatIsFrozenOnceForAStage() {
        Site site = Site.parse("1,2,1 ab");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, stage("LORA"), 1)) {
            List<List<Long>> sent = runs.run(site, (session, endpoint) -> {
                runs.begin(session);
                List<Long> each = new ArrayList<>();
                for (int step = 0; step < 3; step++) {
                    long before = endpoint.counters().localBytes();
                    session.snapshot(new SnapshotKey(1, 0, step));
                    each.add(endpoint.counters().localBytes() - before);
                }
                return each;
            });
            for (List<Long> rank : sent) {
                assertTrue(rank.getFirst() > 3 * rank.get(1), rank.toString());
                assertEquals(rank.get(1), rank.get(2), rank.toString());
            }
        }
    }

    @Test
    void shouldTakeWhatIsFrozenAgainWhenItWasReplaced() {
        Site site = Site.parse("1,2,1 ab");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, stage("LORA"), 1)) {
            Path expected = fresh();
            runs.run(site, session -> {
                runs.begin(session);
                session.snapshot(new SnapshotKey(1, 0, 0));
                session.initialize(5);
                session.snapshot(new SnapshotKey(1, 0, 1));
                return session.saveSlice(expected);
            });
            runs.lose("b");
            Path written = fresh();
            SnapshotSlices.write(runs.vault("a"), new SnapshotKey(1, 0, 1), Disk.system(), written, slice -> true);
            assertSame(SnapshotRuns.slices(expected), SnapshotRuns.slices(written));
        }
    }

    /** Between stages nothing trains, and everything is frozen. */
    @Test
    void shouldRestoreWeightsAloneWhenNoStageIsCurrent() {
        Site site = Site.parse("1,2,1 ab");
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, GoldenSteps.ADAPTERS, 1)) {
            Path before = fresh();
            runs.run(site, session -> {
                runs.begin(session);
                session.snapshot(new SnapshotKey(1, 0, 0));
                runs.steps(session, 1);
                session.endStage();
                session.snapshot(new SnapshotKey(1, 1, 0));
                return session.saveSlice(before);
            });
            runs.lose("a");
            Path after = fresh();
            runs.run(site, session -> {
                session.adopt(0, Optional.empty());
                session.restoreSnapshot(new SnapshotKey(1, 1, 0));
                return session.saveSlice(after);
            });
            assertSame(SnapshotRuns.slices(before), SnapshotRuns.slices(after));
        }
    }

    private Taken take(SnapshotRuns runs, Site site) {
        Path checkpoint = fresh();
        List<TrainSession.SliceFile> slices = new ArrayList<>();
        List<TrainSession.StepReport> next = runs.run(site, session -> {
                    runs.begin(session);
                    runs.steps(session, KEY.step());
                    session.snapshot(KEY);
                    TrainSession.SliceFile slice = session.saveSlice(checkpoint);
                    synchronized (slices) {
                        slices.add(slice);
                    }
                    return runs.steps(session, 1);
                })
                .getFirst();
        runs.writeManifest(checkpoint, site.mesh(), slices);
        Path written = fresh();
        runs.vaults().values().forEach(vault -> SnapshotSlices.write(vault, KEY, written));
        assertSame(SnapshotRuns.slices(checkpoint), SnapshotRuns.slices(written));
        return new Taken(checkpoint, next);
    }

    private interface Restore {
        void run(MmspSession session);
    }

    private Restored restore(SnapshotRuns runs, Site site, Restore restore) {
        Path after = fresh();
        List<TrainSession.StepReport> next = runs.run(site, session -> {
                    runs.beginEmpty(session);
                    restore.run(session);
                    session.saveSlice(after);
                    return runs.steps(session, 1);
                })
                .getFirst();
        return new Restored(SnapshotRuns.slices(after), next);
    }

    private Path fresh() {
        try {
            return Files.createTempDirectory(directory, "slices");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Integer> ranks(List<HeldSlice> held) {
        return held.stream().map(HeldSlice::rank).toList();
    }

    private static StageSettings stage(String what) {
        return switch (what) {
            case "FULL" -> GoldenSteps.FULL;
            case "RATES" -> GoldenSteps.at(GoldenSteps.BY_PART, GoldenSteps.FULL);
            case "ADAPTERS" -> GoldenSteps.ADAPTERS;
            case "LORA" -> GoldenSteps.stage(Set.of(Part.LORA), Optional.of(new StageSettings.Lora(4, 8)));
            case "PROJECTOR" -> GoldenSteps.stage(Set.of(Part.PROJECTOR), Optional.empty());
            default -> throw new IllegalArgumentException(what);
        };
    }

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), name));
    }
}
