package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.state.TestStores;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
    private final Path run;
    private final CheckpointStore store;

    CheckpointStoreTest(@TempDir Path run) {
        this.run = run;
        this.store = CheckpointStore.of(run);
    }

    @Test
    void shouldFindNothingWhenThereIsNoCheckpoint() {
        assertTrue(store.latest().isEmpty());
        store.prune(1);
    }

    @Test
    void shouldFindTheNewestWhenSeveralAreComplete() {
        write(9);
        write(100_000_000);
        write(10);
        CheckpointStore.Stored latest = store.latest().orElseThrow();
        assertEquals(store.directory(100_000_000), latest.directory());
        assertEquals(100_000_000, latest.manifest().globalStep());
    }

    @Test
    void shouldPassOverWhatIsIncompleteOrDamagedWhenLookingForTheNewest() throws IOException {
        write(1);
        write(2);
        write(3);
        damage(3);
        Files.writeString(store.directory(2).resolve(CheckpointManifest.FILE), "{\"version\": 1, \"run\"");
        slice(store.prepare(4));
        assertEquals(store.directory(1), store.latest().orElseThrow().directory());
    }

    @Test
    void shouldKeepTheNewestAndWhatIsBeingWrittenWhenPruned() throws IOException {
        for (int step = 1; step <= 4; step++) {
            write(step);
        }
        Files.delete(store.directory(2).resolve(CheckpointManifest.FILE));
        slice(store.prepare(5));
        Files.createDirectory(run.resolve("checkpoints/notes"));
        store.prune(2);
        assertEquals(List.of("notes", "step-00000003", "step-00000004", "step-00000005"), names());
        store.prune(1);
        assertEquals(List.of("notes", "step-00000004", "step-00000005"), names());
    }

    @Test
    void shouldKeepTheOldOneAsideUntilItsSuccessorIsReadBackWhenAStepIsPreparedAgain() throws IOException {
        write(1);
        Path directory = store.prepare(1);
        assertFalse(CheckpointManifest.exists(directory));
        Path aside = store.latest().orElseThrow().directory();
        assertEquals("step-00000001.replaced", aside.getFileName().toString());
        store.prune(1);
        store.prepare(1);
        assertEquals(aside, store.latest().orElseThrow().directory());
        write(1);
        assertEquals(directory, store.latest().orElseThrow().directory());
        store.prune(2);
        assertEquals(List.of("step-00000001"), names());
    }

    @Test
    void shouldGiveTheRoomOfFailedAttemptsBackWhenTheNextOneBegins() throws IOException {
        write(1);
        slice(store.prepare(2));
        store.prepare(3);
        assertEquals(List.of("step-00000001", "step-00000003"), names());
    }

    @Test
    void shouldDeleteNothingWhenWhatIsNewerIsDamaged() throws IOException {
        write(1);
        write(2);
        damage(2);
        write(3);
        damage(3);
        store.prune(1);
        assertEquals(List.of("step-00000001", "step-00000002", "step-00000003"), names());
        write(4);
        store.prune(1);
        assertEquals(List.of("step-00000004"), names());
    }

    @Test
    void shouldSayWhatWasPassedOverAndWhyWhenChoosing() throws IOException {
        write(1);
        write(2);
        damage(2);
        CheckpointStore.Choice choice = store.choose();
        assertEquals(store.directory(1), choice.stored().orElseThrow().directory());
        assertEquals(store.directory(2), choice.refused().getFirst().directory());
        String reason = choice.refused().getFirst().reason();
        assertTrue(reason.contains("kind=weight tensor=w block=0"), reason);
    }

    @Test
    void shouldDeleteAnAttemptButNeverACheckpointWhenDiscarded() throws IOException {
        write(1);
        slice(store.prepare(2));
        store.discard(1);
        store.discard(2);
        assertEquals(List.of("step-00000001"), names());
    }

    private void write(long step) {
        Path directory = store.prepare(step);
        CheckpointManifest manifest =
                new CheckpointManifest("run", 1, "sft", 1, step, Mesh.single(), 1e4, List.of(slice(directory)));
        manifest.write(directory);
    }

    /** Changes a bit of the last value. */
    private void damage(long step) throws IOException {
        Path slice = store.directory(step).resolve(SliceWriter.fileName(0));
        byte[] bytes = Files.readAllBytes(slice);
        bytes[bytes.length - 1] ^= 1;
        Files.write(slice, bytes);
    }

    private static SliceFile slice(Path directory) {
        try (TensorArena arena = TensorArena.open("test", 1024)) {
            WeightStore store = TestStores.whole(Map.of("w", new int[] {5}), 0, 1, arena);
            return TrainingState.save(
                    directory, 0, List.of(store), null, Devices.plain().kernels());
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(run.resolve("checkpoints"))) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
