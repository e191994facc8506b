package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointExamination.Damage;
import io.longreel.model.disk.fault.SimulatedDisk;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A checkpoint of two slices, in which one thing at a time is damaged. */
class CheckpointDamageTest {
    private static final long SEED = 11;
    private static final Path RUN = Path.of("/runs/damage");
    private static final int RANKS = 2;
    /** Two blocks on each rank. */
    private static final int[] LARGE = {RANKS, SliceWriter.BLOCK_ELEMENTS + 77};

    private static final int[] SMALL = {9};
    private static final int VALUE_FLIPS = 60;
    private static final int HEADER_FLIPS = 60;

    private final TensorArena arena = TensorArena.open("test", 4 << 20);
    private final SimulatedDisk disk = SimulatedDisk.empty(SEED);
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final CheckpointStore store = CheckpointStore.of(RUN, disk);
    private final Path directory = store.directory(5);
    private final Tensor large = arena.allocate(LARGE);
    private final Tensor small = arena.allocate(SMALL);

    @BeforeEach
    void saveTwo() throws IOException {
        disk.put(RUN.resolve("run.conf"), new byte[1]);
        save(4);
        save(5);
        assertTrue(examine().isSound(), examine().reason());
        assertEquals(2L * RANKS * 2 + RANKS, examine().blocks());
    }

    @AfterEach
    void closeArena() {
        arena.close();
    }

    private void save(long step) {
        for (long i = 0; i < large.elements(); i++) {
            large.setFloat(i, random.nextFloat());
        }
        Path target = store.prepare(step);
        List<SliceFile> slices = new ArrayList<>();
        for (int rank = 0; rank < RANKS; rank++) {
            slices.add(SliceWriter.write(disk, target, rank, Map.of("optimizer.steps", step), pieces(rank)));
        }
        Provenance provenance = new Provenance(0, 1, "test", SampleLedger.EMPTY.consume("a", 1), Map.of("seed", "ab"));
        store.seal(new CheckpointManifest(
                "run", SEED, "sft", 5, step, new Mesh(RANKS, 1, 1), 1e6, 1, slices, Optional.of(provenance)));
    }

    /** Of the large tensor its row as weight and as m; of the small one the first or second part. */
    private List<SlicePiece> pieces(int rank) {
        int row = LARGE[1];
        int from = rank * 4;
        int to = rank == 0 ? 4 : SMALL[0];
        Tensor part = large.slice(rank, rank + 1);
        return List.of(
                new SlicePiece(StateKind.WEIGHT, "large", LARGE, (long) rank * row, part),
                new SlicePiece(StateKind.M, "large", LARGE, (long) rank * row, part),
                new SlicePiece(StateKind.V, "small", SMALL, from, small.slice(from, to)));
    }

    private CheckpointExamination.Result examine() {
        return CheckpointExamination.of(disk, directory);
    }

    private Path slice(int rank) {
        return directory.resolve(SliceWriter.fileName(rank));
    }

    /** The checkpoint must be refused, the one before be taken, and the first damage be in {@code file}. */
    private Damage refused(Path file, String how) {
        CheckpointExamination.Result result = examine();
        assertFalse(result.isSound(), how);
        Damage first = result.damages().getFirst();
        assertEquals(file, first.file(), how + ": " + first.line());
        assertEquals(1, first.line().lines().count(), first.line());
        return first;
    }

    private void flip(Path file, int at, int bit) throws IOException {
        byte[] bytes = disk.bytes(file);
        bytes[at] ^= (byte) (1 << bit);
        disk.put(file, bytes);
    }

    @Test
    void shouldNameTensorAndBlockWhenABitOfAValueFlips() throws IOException {
        for (int i = 0; i < VALUE_FLIPS; i++) {
            Path file = slice(random.nextInt(RANKS));
            try (SliceReader reader = SliceReader.open(disk, file)) {
                SliceReader.Box box =
                        reader.boxes().get(random.nextInt(reader.boxes().size()));
                int at = random.nextInt((int) box.sizeBytes());
                int bit = random.nextInt(8);
                flip(file, (int) box.offset() + at, bit);
                Damage damage = refused(file, "seed=%d box=%s at=%d bit=%d".formatted(SEED, box.name(), at, bit));
                assertEquals(box.kind().label() + " " + box.name(), damage.tensor(), damage.line());
                assertEquals(at / Float.BYTES / SliceWriter.BLOCK_ELEMENTS, damage.block(), damage.line());
                flip(file, (int) box.offset() + at, bit);
            }
        }
        assertTrue(examine().isSound());
    }

    @Test
    void shouldRefuseWhenABitOfAHeaderOrItsPaddingFlips() throws IOException {
        int valuesFrom;
        try (SliceReader reader = SliceReader.open(disk, slice(1))) {
            valuesFrom = (int) reader.boxes().getFirst().offset();
        }
        for (int i = 0; i < SliceWriter.PREFIX_BYTES + HEADER_FLIPS; i++) {
            int at = i < SliceWriter.PREFIX_BYTES ? i : random.nextInt(SliceWriter.PREFIX_BYTES, valuesFrom);
            int bit = random.nextInt(8);
            flip(slice(1), at, bit);
            refused(slice(1), "seed=%d at=%d bit=%d".formatted(SEED, at, bit));
            flip(slice(1), at, bit);
        }
    }

    @Test
    void shouldRefuseWhenAnyBitOfTheManifestFlips() throws IOException {
        Path file = directory.resolve(CheckpointManifest.FILE);
        int length = disk.bytes(file).length;
        for (int at = 0; at < length - 1; at++) { // the last byte is a line break
            int bit = random.nextInt(8);
            flip(file, at, bit);
            refused(file, "seed=%d at=%d bit=%d".formatted(SEED, at, bit));
            flip(file, at, bit);
        }
    }

    @Test
    void shouldRefuseWhenAFileIsCutAtAnyLengthOrGoesOn() throws IOException {
        for (Path file : List.of(slice(0), slice(1), directory.resolve(CheckpointManifest.FILE))) {
            byte[] whole = disk.bytes(file);
            List<Integer> lengths = new ArrayList<>(List.of(0, 1, 23, 24, 25, whole.length / 2, whole.length - 2));
            for (int i = 0; i < 12; i++) {
                lengths.add(random.nextInt(whole.length - 1));
            }
            for (int length : lengths) {
                disk.put(file, Arrays.copyOf(whole, length));
                refused(file, "file=%s length=%d".formatted(file, length));
            }
            disk.put(file, Arrays.copyOf(whole, whole.length + 1));
            refused(file, "a byte too long: " + file);
            disk.put(file, whole);
        }
        assertTrue(examine().isSound());
    }

    @Test
    void shouldSayThatASliceIsOfAnotherCheckpointWhenItIsSoundByItself() throws IOException {
        byte[] stale = disk.bytes(store.directory(4).resolve(SliceWriter.fileName(0)));
        assertEquals(stale.length, disk.bytes(slice(0)).length);
        disk.put(slice(0), stale);
        assertTrue(refused(slice(0), "stale").what().contains("of another checkpoint"));
        disk.put(slice(0), disk.bytes(slice(1)));
        refused(slice(0), "another rank's");
    }

    @Test
    void shouldTakeTheOneBeforeAndSayWhyWhenAFileIsMissing() throws IOException {
        for (int rank = 0; rank < RANKS; rank++) {
            byte[] whole = disk.bytes(slice(rank));
            disk.delete(slice(rank));
            assertTrue(refused(slice(rank), "missing").what().contains("no such file"));
            CheckpointStore.Choice choice = store.choose();
            assertEquals(store.directory(4), choice.stored().orElseThrow().directory());
            assertTrue(choice.refused().getFirst().reason().contains(slice(rank).toString()));
            disk.put(slice(rank), whole);
        }
        disk.delete(directory.resolve(CheckpointManifest.FILE));
        refused(directory.resolve(CheckpointManifest.FILE), "no manifest");
    }

    @Test
    void shouldRefuseValuesThatAreNotFiniteThoughNobodyDamagedThem() {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            small.setFloat(6, value);
            save(5);
            Damage damage = refused(slice(1), Float.toString(value));
            assertEquals("v small", damage.tensor());
            assertTrue(damage.what().contains("finite"), damage.what());
        }
    }

    @Test
    void shouldNameEveryDamageWhenThereAreSeveral() throws IOException {
        flip(slice(0), disk.bytes(slice(0)).length - 1, 3);
        disk.delete(slice(1));
        List<Damage> damages = examine().damages();
        assertEquals(
                List.of(slice(0), slice(1)), damages.stream().map(Damage::file).toList());
        assertTrue(examine().reason().endsWith("(and 1 more)"), examine().reason());
    }
}
