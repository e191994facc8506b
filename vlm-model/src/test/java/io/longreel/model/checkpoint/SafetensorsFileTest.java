package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    private final Path directory;

    SafetensorsFileTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldReadValuesWhenWrittenByTheReferenceImplementation() {
        try (SafetensorsFile file =
                SafetensorsFile.open(GoldenFiles.directory(GoldenFiles.GQA_EVEN).resolve("batch.safetensors"))) {
            assertArrayEquals(
                    new int[] {6, 3, 56, 56}, file.entry("pixel_values").shape());
            assertEquals(29, file.integers("input_ids").length);
            assertEquals(
                    6,
                    Arrays.stream(file.integers("input_ids"))
                            .filter(id -> id == 319)
                            .count());
            double sum = 0;
            for (float pixel : file.floats("pixel_values")) {
                sum += pixel;
            }
            assertEquals(-284.7705, sum, 1e-4);
        }
    }

    @Test
    void shouldReadBackBitForBitWhenWritten() {
        Path path = directory.resolve("all.safetensors");
        try (TensorArena arena = TensorArena.open("test", 1 << 20)) {
            Tensor floats = arena.allocate(3, 5);
            for (int i = 0; i < 15; i++) {
                floats.setFloat(i, (float) Math.sin(i) * 1e-3f);
            }
            Tensor bytes = arena.allocate(DType.U8, 3);
            bytes.segment().copyFrom(MemorySegment.ofArray(new byte[] {-1, 0, 7}));
            Tensor longs = arena.allocate(DType.I64, 2);
            longs.segment().copyFrom(MemorySegment.ofArray(new long[] {Long.MIN_VALUE, -100}));
            Tensor ints = arena.allocate(DType.I32);
            ints.segment().copyFrom(MemorySegment.ofArray(new int[] {-5}));
            SafetensorsWriter.write(
                    path,
                    List.of(
                            SafetensorsWriter.Item.of("bytes", bytes),
                            SafetensorsWriter.Item.of("floats", floats),
                            new SafetensorsWriter.Item("half", floats, DType.F16),
                            new SafetensorsWriter.Item("brain", floats, DType.BF16),
                            SafetensorsWriter.Item.of("longs", longs),
                            SafetensorsWriter.Item.of("scalar", ints),
                            SafetensorsWriter.Item.of("empty", arena.allocate(0, 4))));
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                assertArrayEquals(floats.toFloats(), file.floats("floats"));
                assertArrayEquals(new long[] {255, 0, 7}, file.integers("bytes"));
                assertArrayEquals(new long[] {Long.MIN_VALUE, -100}, file.integers("longs"));
                assertArrayEquals(new long[] {-5}, file.integers("scalar"));
                assertEquals(0, file.floats("empty").length);
                float[] brain = file.floats("brain");
                float[] half = file.floats("half");
                for (int i = 0; i < 15; i++) {
                    assertEquals(StorageFloats.bf16ToFloat(StorageFloats.floatToBf16(floats.getFloat(i))), brain[i]);
                    assertEquals(Float.float16ToFloat(Float.floatToFloat16(floats.getFloat(i))), half[i]);
                }
                assertEquals("pt", file.metadata().get("format"));
                assertEquals(0, file.entry("floats").from() % 4);
                assertEquals(0, file.tensor("longs").segment().address() % 8);
            }
        }
    }

    @Test
    void shouldRefuseToWriteWhatOnlyMemoryHolds() {
        try (TensorArena arena = TensorArena.open("test", 64)) {
            Tensor sums = arena.allocate(DType.SUM128, 1);
            assertThrows(IllegalArgumentException.class, () -> SafetensorsWriter.Item.of("sums", sums));
        }
    }

    @Test
    void shouldReadUnalignedTensorsWhenTheHeaderHasAnOddLength() throws IOException {
        Path path =
                write("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} ", new byte[] {0, 0, -128, 63});
        try (SafetensorsFile file = SafetensorsFile.open(path);
                TensorArena arena = TensorArena.open("test", 64)) {
            Tensor target = arena.allocate(1);
            file.readFloats("x", target);
            assertEquals(1.0f, target.getFloat(0));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | 1 | trailingBytes=1",
                "[] | 0 | expected an object",
                "{\"x\" | 0 | file must hold JSON",
                "{} {} | 0 | file must hold JSON",
                "{\"x\":{\"dtype\":\"F8\",\"shape\":[],\"data_offsets\":[0,1]}} | 1 | dtype must be one of",
                "{\"x\":{\"dtype\":\"SUM128\",\"shape\":[1],\"data_offsets\":[0,16]}} | 16 | dtype must be one of",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}} | 1 | shape must be a list",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":\"3\",\"data_offsets\":[0,1]}} | 1 | shape must be a list",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}} | 1 | data_offsets must be two",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}} | 1 | must be two 64-bit",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | 1 | truncated",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}} | 1 | must lie in the file",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | must span the shape",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,4],\"data_offsets\":[0,4]}} | 4 | must span the shape",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}} | 2 | neither overlap nor leave gaps",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}} | 3 | neither overlap nor leave gaps",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | 1 | Duplicate",
                "{\"__metadata__\":{\"a\":1}} | 0 | object of strings",
            })
    void shouldNameTheFaultWhenTheFileIsCorrupt(String header, int dataBytes, String expected) throws IOException {
        Path path = write(header, new byte[dataBytes]);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> SafetensorsFile.open(path));
        assertFault(failure, expected, path);
    }

    @Test
    void shouldNameTheFaultWhenTheHeaderDoesNotFit() throws IOException {
        Path path = directory.resolve("bad.safetensors");
        for (byte[] bytes : List.of(new byte[0], new byte[7], new byte[8], length(1L << 62, 10), length(3, 2))) {
            Files.write(path, bytes);
            assertFault(assertThrows(RuntimeFailure.class, () -> SafetensorsFile.open(path)), "header", path);
        }
    }

    @Test
    void shouldRefuseEveryTruncationOfASoundFile() throws IOException {
        Path source = GoldenFiles.directory(GoldenFiles.GQA_EVEN).resolve("greedy.safetensors");
        byte[] bytes = Files.readAllBytes(source);
        Path path = directory.resolve("cut.safetensors");
        for (int length = 0; length < bytes.length; length++) {
            Files.write(path, Arrays.copyOf(bytes, length));
            assertThrows(RuntimeFailure.class, () -> SafetensorsFile.open(path), "length=" + length);
        }
    }

    @Test
    void shouldNameTensorAndShapesWhenAskedForTheWrongOne() {
        Path path = GoldenFiles.directory(GoldenFiles.GQA_EVEN).resolve("training.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(path);
                TensorArena arena = TensorArena.open("test", 64)) {
            assertFault(assertThrows(RuntimeFailure.class, () -> file.floats("lossses")), "tensor=lossses", path);
            Tensor target = arena.allocate(2, 5);
            assertFault(
                    assertThrows(RuntimeFailure.class, () -> file.readFloats("losses", target)),
                    "shape must be [2, 5]: found=[10]",
                    path);
            assertFault(assertThrows(RuntimeFailure.class, () -> file.integers("losses")), "found=F32", path);
        }
    }

    @Test
    void shouldNameTheFileWhenThereIsNone() {
        Path path = directory.resolve("none.safetensors");
        assertFault(assertThrows(RuntimeFailure.class, () -> SafetensorsFile.open(path)), "readable", path);
        assertFault(assertThrows(RuntimeFailure.class, () -> SafetensorsFile.open(directory)), "directory", directory);
    }

    private Path write(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(json.length).put(json).put(data);
        return Files.write(directory.resolve("hand.safetensors"), buffer.array());
    }

    private static byte[] length(long headerBytes, int rest) {
        return ByteBuffer.allocate(8 + rest)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerBytes)
                .array();
    }

    private static void assertFault(RuntimeFailure failure, String expected, Path path) {
        String text = String.valueOf(failure.getMessage());
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(text.contains(expected), text);
        assertTrue(text.contains(path.toString()), text);
        assertEquals(1, text.lines().count(), text);
    }
}
