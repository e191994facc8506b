package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointStore.Choice;
import io.longreel.model.checkpoint.CheckpointStore.Stored;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.fault.DiskFault;
import io.longreel.model.disk.fault.PowerLost;
import io.longreel.model.disk.fault.SimulatedDisk;
import io.longreel.model.disk.fault.SimulatedDisk.Survival;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk that stops, or fails, at each single call of saving a checkpoint. Every value of the checkpoint of step n is n. */
class CheckpointCrashTest {
    private static final Path RUN = Path.of("/runs/crash");
    private static final int RANKS = 2;
    private static final int ELEMENTS = 300;
    private static final int SEEDS = 3;

    private final TensorArena arena = TensorArena.open("test", 1 << 16);
    private final Tensor values = arena.allocate(ELEMENTS);
    private final Tensor found = arena.allocate(ELEMENTS);

    @AfterEach
    void closeArena() {
        arena.close();
    }

    /** What a run does for a checkpoint. Returns false when it was told that it must go on without. */
    private boolean save(CheckpointStore store, Disk disk, long step) {
        try {
            Path directory = store.prepare(step);
            List<SliceFile> slices = new ArrayList<>();
            for (int rank = 0; rank < RANKS; rank++) {
                slices.add(slice(disk, directory, rank, step));
            }
            store.seal(manifest(step, slices));
        } catch (RuntimeFailure e) {
            assertEquals(RuntimeFailure.Category.RETRYABLE, e.category(), e.getMessage());
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            return false;
        }
        return true;
    }

    private SliceFile slice(Disk disk, Path directory, int rank, long step) {
        int from = rank * ELEMENTS / RANKS;
        int to = (rank + 1) * ELEMENTS / RANKS;
        for (int i = 0; i < ELEMENTS; i++) {
            values.setFloat(i, (float) step);
        }
        SlicePiece piece = new SlicePiece(StateKind.WEIGHT, "w", new int[] {ELEMENTS}, from, values.slice(from, to));
        return SliceWriter.write(disk, directory, rank, Map.of("optimizer.steps", step), List.of(piece));
    }

    private static CheckpointManifest manifest(long step, List<SliceFile> slices) {
        return new CheckpointManifest("crash", 3, "sft", (int) step, step, new Mesh(RANKS, 1, 1), 1e4, slices);
    }

    /** The step of the newest checkpoint, all of whose values must be its own. */
    private long newest(Disk disk, String where) {
        Choice choice = CheckpointStore.of(RUN, disk).choose();
        assertTrue(choice.stored().isPresent(), where + " refused=" + choice.refused());
        Stored stored = choice.stored().get();
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(disk, stored.directory())) {
            checkpoint.read(StateKind.WEIGHT, "w", found);
            for (int i = 0; i < ELEMENTS; i++) {
                assertEquals((float) stored.manifest().globalStep(), found.getFloat(i), where + " element=" + i);
            }
        }
        return stored.manifest().globalStep();
    }

    private SimulatedDisk withCheckpoint(long seed, long step) throws IOException {
        SimulatedDisk disk = SimulatedDisk.empty(seed);
        disk.put(RUN.resolve("run.conf"), new byte[] {'c'});
        assertTrue(save(CheckpointStore.of(RUN, disk), disk, step));
        return disk;
    }

    /** Saves {@code step} and tidies up, on a disk that has the checkpoint of step 1. */
    private void crashAtEveryCall(long step) throws IOException {
        SimulatedDisk whole = withCheckpoint(0, 1);
        int first = whole.calls();
        CheckpointStore untroubled = CheckpointStore.of(RUN, whole);
        assertTrue(save(untroubled, whole, step));
        int sealed = whole.calls();
        untroubled.prune(1);
        int end = whole.calls();
        TreeSet<Long> outcomes = new TreeSet<>();
        for (int call = first; call < end; call++) {
            for (int seed = 0; seed < SEEDS; seed++) {
                SimulatedDisk disk = withCheckpoint(seed, 1);
                disk.failAt(call, DiskFault.POWER_LOST);
                assertThrows(PowerLost.class, () -> {
                    CheckpointStore store = CheckpointStore.of(RUN, disk);
                    save(store, disk, step);
                    store.prune(1);
                });
                for (Survival survival : Survival.values()) {
                    String where = "call=%d (%s) seed=%d survival=%s"
                            .formatted(call, whole.trace().get(call), seed, survival);
                    SimulatedDisk restarted = disk.afterCrash(survival, seed);
                    long newest = newest(restarted, where);
                    outcomes.add(newest);
                    assertTrue(newest == step || (newest == 1 && call < sealed), where + " newest=" + newest);
                    if (survival == Survival.SOME) {
                        goOn(restarted, step, where);
                    }
                }
            }
        }
        assertEquals(new TreeSet<>(List.of(1L, step)), outcomes);
    }

    /** The run comes to the same step again and to one more; then nothing of the crash is left. */
    private void goOn(SimulatedDisk disk, long step, String where) throws IOException {
        CheckpointStore store = CheckpointStore.of(RUN, disk);
        assertTrue(save(store, disk, step), where);
        assertEquals(step, newest(disk, where));
        assertTrue(save(store, disk, step + 1), where);
        store.prune(1);
        assertEquals(step + 1, newest(disk.afterCrash(Survival.SYNCED_ONLY, 0), where));
        assertEquals(List.of(store.directory(step + 1)), store.directories(), where);
        assertEquals(RANKS + 1, disk.list(store.directory(step + 1)).size(), where);
    }

    @Test
    void shouldOpenTheOldOrTheNewWhenPowerIsLostAtAnyCall() throws IOException {
        crashAtEveryCall(2);
    }

    @Test
    void shouldKeepTheOldWhenTheSameStepIsSavedAgainAndPowerIsLostAtAnyCall() throws IOException {
        crashAtEveryCall(1);
    }

    @Test
    void shouldKeepTheOldAndLeaveNothingHalfWrittenWhenAnyCallFails() throws IOException {
        SimulatedDisk whole = withCheckpoint(0, 1);
        int first = whole.calls();
        assertTrue(save(CheckpointStore.of(RUN, whole), whole, 2));
        for (DiskFault fault : List.of(DiskFault.IO_ERROR, DiskFault.NO_SPACE, DiskFault.READ_ONLY)) {
            for (int call = first; call < whole.calls(); call++) {
                String where =
                        "call=%d (%s) fault=%s".formatted(call, whole.trace().get(call), fault);
                SimulatedDisk disk = withCheckpoint(call, 1);
                disk.failAt(call, fault);
                CheckpointStore store = CheckpointStore.of(RUN, disk);
                assertEquals(false, save(store, disk, 2), where);
                newest(disk, where);
                for (Path path : allUnder(disk, RUN)) {
                    assertTrue(!path.toString().contains(".tmp-"), where + " left " + path);
                }
                store.discard(2);
                goOn(disk, 2, where);
            }
        }
    }

    @Test
    void shouldKeepTheOldWhenTheDiskIsFullFromAnyByteOn() throws IOException {
        SimulatedDisk one = withCheckpoint(0, 1);
        long used = bytesUnder(one);
        for (long room = 0; room < used; room += 61) {
            SimulatedDisk disk = withCheckpoint(room, 1);
            disk.limit(used + room);
            CheckpointStore store = CheckpointStore.of(RUN, disk);
            assertEquals(false, save(store, disk, 2), "room=" + room);
            store.discard(2);
            assertEquals(used, bytesUnder(disk), "room=" + room);
            assertEquals(1, newest(disk, "room=" + room));
            disk.limit(2 * used);
            assertTrue(save(store, disk, 2), "room=" + room);
        }
    }

    @Test
    void shouldKeepTheOldWhenTheDiskHasBecomeReadOnly() throws IOException {
        SimulatedDisk disk = withCheckpoint(0, 1);
        disk.failAlways(DiskFault.READ_ONLY);
        CheckpointStore store = CheckpointStore.of(RUN, disk);
        assertEquals(false, save(store, disk, 2));
        assertEquals(1, newest(disk, "read-only"));
        disk.failAlways(null);
        assertTrue(save(store, disk, 2));
    }

    private static long bytesUnder(SimulatedDisk disk) throws IOException {
        long bytes = 0;
        for (Path path : allUnder(disk, RUN)) {
            bytes += disk.isFile(path) ? disk.bytes(path).length : 0;
        }
        return bytes;
    }

    private static List<Path> allUnder(Disk disk, Path root) throws IOException {
        List<Path> paths = new ArrayList<>();
        for (Path child : disk.list(root)) {
            paths.add(child);
            if (disk.isDirectory(child)) {
                paths.addAll(allUnder(disk, child));
            }
        }
        return paths;
    }
}
