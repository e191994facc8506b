package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.state.TestStores;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class TrainingCheckpointTest {
    private static final long SEED = 5;
    private final Path directory;
    private final TensorArena arena = TensorArena.open("test", 32 << 20);
    private final Map<String, Tensor> weights = new TreeMap<>();

    TrainingCheckpointTest(@TempDir Path directory) {
        this.directory = directory;
        Random random = new Random(SEED);
        // "large" spans several blocks, so that a range can start and end inside one.
        for (Map.Entry<String, int[]> entry : Map.of(
                        "large",
                        new int[] {3, SliceWriter.BLOCK_ELEMENTS - 5},
                        "b",
                        new int[] {7},
                        "scalar",
                        new int[0])
                .entrySet()) {
            Tensor tensor = arena.allocate(entry.getValue());
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setFloat(i, random.nextFloat());
            }
            weights.put(entry.getKey(), tensor);
        }
    }

    @AfterEach
    void closeArena() {
        arena.close();
    }

    @Test
    void shouldGiveBackEveryRangeWhenAnyNumberOfRanksWrote() {
        Random random = new Random(SEED);
        for (int ranks : new int[] {1, 2, 3, 5}) {
            Path target = directory.resolve("ranks" + ranks);
            write(target, ranks);
            try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(target)) {
                Tensor large = weights("large");
                for (int i = 0; i < 20; i++) {
                    long from = random.nextLong(large.elements());
                    int length = random.nextInt((int) Math.min(large.elements() - from, 150_000) + 1);
                    long mark = arena.mark();
                    Tensor part = arena.allocate(length);
                    checkpoint.read(StateKind.WEIGHT, "large", large.shape(), from, part);
                    long bytes = (long) length * Float.BYTES;
                    assertEquals(
                            -1,
                            large.segment().asSlice(from * Float.BYTES, bytes).mismatch(part.segment()),
                            "seed=%d ranks=%d from=%d length=%d".formatted(SEED, ranks, from, length));
                    arena.rewind(mark);
                }
                Tensor scalar = arena.allocate();
                checkpoint.read(StateKind.WEIGHT, "scalar", scalar);
                assertArrayEquals(weights("scalar").toFloats(), scalar.toFloats());
                assertEquals(weights.keySet(), new TreeSet<>(checkpoint.names(StateKind.WEIGHT)));
            }
        }
    }

    @Test
    void shouldReadTheManifestBackWhenWritten() {
        CheckpointManifest manifest = write(directory.resolve("m"), 2);
        assertEquals(manifest, CheckpointManifest.read(directory.resolve("m")));
    }

    @Test
    void shouldOpenWhatVersionOneWroteWithOrWithoutAnInnerAxis() throws IOException {
        CheckpointManifest manifest = write(directory.resolve("m"), 2);
        Path file = directory.resolve("m").resolve(CheckpointManifest.FILE);
        Files.writeString(file, versionOne(manifest, ""));
        assertEquals(
                new Mesh(manifest.mesh().dataDegree(), 1, 1),
                CheckpointManifest.read(directory.resolve("m")).mesh());
        Files.writeString(file, versionOne(manifest, ", \"inner\": \"ring\""));
        assertEquals(manifest, CheckpointManifest.read(directory.resolve("m")));
        TrainingCheckpoint.open(directory.resolve("m")).close();
        Files.writeString(file, versionOne(manifest, ", \"inner\": \"data\""));
        assertFault("ulysses or ring as inner axis: found=data", () -> CheckpointManifest.read(directory.resolve("m")));
    }

    @Test
    void shouldReadProvenanceBackWhenWritten() {
        SampleLedger ledger =
                SampleLedger.EMPTY.consume("stage 0 step 0 captions", 8).skip("stage 0 step 1 captions", 1, "NaN");
        Provenance provenance = new Provenance(2, 7, "1.2.3", ledger, Map.of("seed", "ab", "data", "cd"));
        CheckpointManifest plain = write(directory.resolve("m"), 2);
        CheckpointManifest manifest = new CheckpointManifest(
                plain.run(),
                Long.MIN_VALUE,
                plain.stage(),
                plain.step(),
                plain.globalStep(),
                plain.mesh(),
                1.0 / 3,
                2.0 / 3,
                plain.slices(),
                Optional.of(provenance));
        manifest.write(directory.resolve("m"));
        assertEquals(manifest, CheckpointManifest.read(directory.resolve("m")));
    }

    private static String versionOne(CheckpointManifest manifest, String inner) {
        String slices = manifest.slices().stream()
                .map(slice -> "{\"name\": \"%s\", \"sizeBytes\": %d, \"sha256\": \"%s\"}"
                        .formatted(slice.name(), slice.sizeBytes(), slice.sha256()))
                .collect(Collectors.joining(", "));
        return """
                {"version": 1, "run": "run", "seed": 3, "stage": "sft", "step": 4, "globalStep": 14, "ropeTheta": 1000000.0,
                 "mesh": {"data": %d, "ring": 1, "ulysses": 1%s}, "slices": [%s]}
                """.formatted(manifest.slices().size(), inner, slices);
    }

    @Test
    void shouldNameTheBlockWhenAValueIsDamaged() throws IOException {
        Path target = directory.resolve("damaged");
        write(target, 1);
        flip(target.resolve(SliceWriter.fileName(0)), -3);
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(target)) {
            checkpoint.read(StateKind.WEIGHT, "b", arena.allocate(7));
            assertFault(
                    "kind=weight tensor=scalar block=0",
                    () -> checkpoint.read(StateKind.WEIGHT, "scalar", arena.allocate()));
        }
    }

    @Test
    void shouldRefuseWhenTheHeaderIsDamagedOrTheFileTruncated() throws IOException {
        Path target = directory.resolve("bad");
        write(target, 1);
        Path file = target.resolve(SliceWriter.fileName(0));
        byte[] sound = Files.readAllBytes(file);
        for (int at : new int[] {0, 8, 16, 30, 200}) {
            Files.write(file, sound);
            flip(file, at);
            assertFault("file=", () -> TrainingCheckpoint.open(target));
        }
        Files.write(file, Arrays.copyOf(sound, sound.length - 1));
        assertFault("size that the manifest gives", () -> TrainingCheckpoint.open(target));
        Files.delete(file);
        assertFault("missing", () -> TrainingCheckpoint.open(target));
    }

    @Test
    void shouldRefuseWhenSlicesLeaveAHoleOrOverlap() throws IOException {
        Path target = Files.createDirectories(directory.resolve("holes"));
        Tensor values = weights("b");
        for (int[][] ranges : new int[][][] {{{0, 3}, {4, 7}}, {{0, 4}, {3, 7}}, {{1, 4}, {4, 7}}, {{0, 4}, {4, 6}}}) {
            List<SliceFile> slices = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                int from = ranges[rank][0];
                SlicePiece piece =
                        new SlicePiece(StateKind.M, "b", new int[] {7}, from, values.slice(from, ranges[rank][1]));
                slices.add(SliceWriter.write(target, rank, Map.of(), List.of(piece)));
            }
            manifest(slices).write(target);
            assertFault("must tile", () -> TrainingCheckpoint.open(target));
        }
    }

    @Test
    void shouldRefuseWhenSlicesComeFromDifferentSteps() throws IOException {
        Path target = Files.createDirectories(directory.resolve("mixed"));
        List<SliceFile> slices = List.of(
                SliceWriter.write(target, 0, Map.of("optimizer.steps", 4L), List.of()),
                SliceWriter.write(target, 1, Map.of("optimizer.steps", 5L), List.of()));
        manifest(slices).write(target);
        assertFault("one step", () -> TrainingCheckpoint.open(target));
    }

    @Test
    void shouldRefuseWhenTheModelHasOtherTensors() {
        Path target = directory.resolve("other");
        write(target, 2);
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(target)) {
            assertFault("expected=[8] found=[7]", () -> checkpoint.read(StateKind.WEIGHT, "b", arena.allocate(8)));
            assertFault("tensor=c", () -> checkpoint.read(StateKind.WEIGHT, "c", arena.allocate(8)));
            assertFault("kind=v", () -> checkpoint.read(StateKind.V, "b", arena.allocate(7)));
            Map<String, Tensor> fewer = new TreeMap<>(weights);
            fewer.remove("b");
            List<WeightStore> stores = List.of(TestStores.copyOf(fewer, 0, 1, arena));
            assertFault(
                    "tensor more, tensor=b",
                    () -> TrainingState.restore(
                            checkpoint, stores, null, Devices.plain().kernels()));
        }
    }

    private CheckpointManifest write(Path target, int ranks) {
        try {
            Files.createDirectories(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<SliceFile> slices = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            try (TensorArena copies = TensorArena.open("copies", 1 << 22)) {
                List<WeightStore> stores = List.of(TestStores.copyOf(weights, rank, ranks, copies));
                slices.add(TrainingState.save(
                        target, rank, stores, null, Devices.plain().kernels()));
            }
        }
        CheckpointManifest manifest = manifest(slices);
        manifest.write(target);
        return manifest;
    }

    private static CheckpointManifest manifest(List<SliceFile> slices) {
        return new CheckpointManifest(
                "run", 3, "sft", 4, 14, new Mesh(slices.size(), 1, 1, Mesh.Inner.RING), 1e6, slices);
    }

    private Tensor weights(String name) {
        return Objects.requireNonNull(weights.get(name));
    }

    /** Changes one bit of a byte; a negative position counts from the end. */
    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at < 0 ? bytes.length + at : at] ^= 0x10;
        Files.write(file, bytes);
    }

    private static void assertFault(String expected, Executable action) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, action);
        String text = Objects.requireNonNull(failure.getMessage());
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(text.contains(expected), text);
        assertEquals(1, text.lines().count(), text);
    }
}
