package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.model.SnapshotRuns.Site;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotSlices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
                // taken on       | lost | restored on  | state
                "1,1,1 a          |      | 1,1,1 a      | OPTIMIZER",
                "1,2,2 aabb       |      | 1,2,2 aabb   | OPTIMIZER",
                "1,2,2 aabb       | b    | 1,2,2 aabb   | OPTIMIZER",
                "1,2,2 aabb       | b    | 1,2,2 aabb   | GRADIENTS",
                "1,2,2 aabb       | a    | 1,2,2 aabb   | PARAMETERS",
                "1,2,2 aabb       | b    | 1,2,2 aacc   | PARAMETERS",
                "1,2,2 aabb       | b    | 1,1,2 aa     | OPTIMIZER",
                "1,2,2 aabb       | a    | 1,3,1 bbc    | PARAMETERS",
                "1,2,1 ab         | a    | 1,1,1 b      | OPTIMIZER",
                "1,1,1 a          |      | 2,2,1 aabb   | PARAMETERS",
                "2,1,1 ab         | b    | 1,2,2 aacc   | GRADIENTS",
                "1,3,1 aab        | a    | 1,1,2 bc     | OPTIMIZER",
            })
    void shouldRestoreWhatACheckpointWouldHaveHeld(String taken, String lost, String on, State state) {
        for (StageSettings stage : List.of(GoldenSteps.FULL, GoldenSteps.ADAPTERS)) {
            for (PrecisionSettings.Weights weights : PrecisionSettings.Weights.values()) {
                String what = "%s -> %s %s %s %s".formatted(taken, on, stage.trainable(), state, weights);
                try (SnapshotRuns runs = new SnapshotRuns(ShardedStateTest.options(state, weights), stage, 1)) {
                    Taken before = take(runs, Site.parse(taken));
                    if (lost != null) {
                        runs.lose(lost);
                    }
                    Restored restored = restore(runs, Site.parse(on), session -> session.restoreSnapshot(KEY));
                    Restored expected = restore(runs, Site.parse(on), session -> session.restore(before.checkpoint));
                    assertSame(expected.slices, restored.slices, what);
                    assertEquals(expected.next, restored.next, what);
                    if (taken.equals(on)) {
                        assertEquals(before.next, restored.next, what);
                    }
                }
            }
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
        assertSame(SnapshotRuns.slices(checkpoint), SnapshotRuns.slices(written), "written from " + site);
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

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> actual, String what) {
        assertEquals(expected.keySet(), actual.keySet(), what);
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), what + " " + name));
    }
}
