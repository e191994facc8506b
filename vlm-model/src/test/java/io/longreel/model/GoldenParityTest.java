package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Hugging Face transformers computed the golden cases; every mesh must agree with it, forward and every gradient. */
class GoldenParityTest {
    private static final double FORWARD_TOLERANCE = 1e-4;
    private static final double GRADIENT_TOLERANCE = 1e-3;

    private static final double ZERO_NORM = 1e-4;

    @TempDir
    Path directory;

    static Stream<Arguments> casesAndMeshes() {
        List<Mesh> meshes = new ArrayList<>();
        for (int[] ringAndUlysses : new int[][] {
            {1, 1}, {1, 2}, {2, 1}, {2, 2}, {4, 2}, {1, 3}, {3, 1}, {1, 4}, {4, 1}, {3, 2}, {2, 3}, {2, 4}, {5, 1},
            {7, 1}, {8, 1}
        }) {
            meshes.add(new Mesh(1, ringAndUlysses[0], ringAndUlysses[1]));
        }
        return Stream.of("gqa-even", "mha-odd-grid")
                .flatMap(name -> meshes.stream().map(mesh -> Arguments.of(name, mesh)));
    }

    @ParameterizedTest
    @MethodSource("casesAndMeshes")
    void shouldEqualHuggingFaceOnEveryMesh(String name, Mesh mesh) {
        compare(name, mesh, Devices.cpu(), SessionOptions.DEFAULTS);
    }

    static Stream<Arguments> casesAndShardings() {
        List<Mesh> meshes =
                List.of(new Mesh(1, 3, 1), new Mesh(1, 2, 2), new Mesh(1, 3, 2, Inner.RING), new Mesh(1, 8, 1));
        List<ShardingSettings> shardings = List.of(
                new ShardingSettings(Layout.CONTIGUOUS, Stages.TWO, State.OPTIMIZER),
                new ShardingSettings(Layout.STRIPED, Stages.TWO, State.OPTIMIZER),
                new ShardingSettings(Layout.ZIGZAG, Stages.ONE, State.OPTIMIZER));
        return Stream.of("gqa-even", "mha-odd-grid")
                .flatMap(name -> meshes.stream()
                        .flatMap(mesh -> shardings.stream().map(sharding -> Arguments.of(name, mesh, sharding))));
    }

    @ParameterizedTest
    @MethodSource("casesAndShardings")
    void shouldEqualHuggingFaceInEveryLayout(String name, Mesh mesh, ShardingSettings sharding) {
        compare(name, mesh, Devices.cpu(), SessionOptions.DEFAULTS.withSharding(sharding));
    }

    @ParameterizedTest
    @MethodSource("casesAndMeshes")
    void shouldEqualHuggingFaceWithPlainKernels(String name, Mesh mesh) {
        if (mesh.worldSize() == 1 || mesh.equals(new Mesh(1, 2, 2))) {
            compare(name, mesh, Devices.plain(), SessionOptions.DEFAULTS);
        }
    }

    @Test
    void shouldGiveTheSameBitsWhenRunTwice() {
        Mesh mesh = new Mesh(1, 2, 2);
        double first =
                run("gqa-even", mesh, Devices.cpu(), SessionOptions.DEFAULTS, directory.resolve("first.safetensors"));
        double second =
                run("gqa-even", mesh, Devices.cpu(), SessionOptions.DEFAULTS, directory.resolve("second.safetensors"));
        assertEquals(first, second);
        try (SafetensorsFile a = SafetensorsFile.open(directory.resolve("first.safetensors"));
                SafetensorsFile b = SafetensorsFile.open(directory.resolve("second.safetensors"))) {
            for (String tensor : a.entries().keySet()) {
                assertArrayEquals(a.floats(tensor), b.floats(tensor), tensor);
            }
        }
    }

    /** Exact sums: Hugging Face's numbers to rounding, and one rank's to the bit. */
    @ParameterizedTest
    @CsvSource({"gqa-even,2,2", "gqa-even,3,1", "mha-odd-grid,1,3"})
    void shouldWriteTheSameFileOnEveryMeshWhenSumsAreExact(String name, int ring, int ulysses) throws IOException {
        SessionOptions exact = SessionOptions.DEFAULTS.withPrecision(
                new PrecisionSettings(PrecisionSettings.Weights.FP32, Exchange.FP32, Sums.EXACT));
        compare(name, Mesh.single(), Devices.cpu(), exact);
        Path one = directory.resolve("one.safetensors");
        Path many = directory.resolve("many.safetensors");
        run(name, Mesh.single(), Devices.cpu(), exact, one);
        run(name, new Mesh(1, ring, ulysses), Devices.cpu(), exact, many);
        assertEquals(-1, Files.mismatch(one, many));
    }

    private void compare(String name, Mesh mesh, Device device, SessionOptions options) {
        Path out = directory.resolve("out.safetensors");
        run(name, mesh, device, options, out);
        try (SafetensorsFile expected = SafetensorsFile.open(golden(name).resolve("expected.safetensors"));
                SafetensorsFile actual = SafetensorsFile.open(out)) {
            assertEquals(expected.entries().keySet(), actual.entries().keySet());
            for (String tensor : expected.entries().keySet()) {
                double tolerance = tensor.startsWith("grad.") ? GRADIENT_TOLERANCE : FORWARD_TOLERANCE;
                double difference = relativeNorm(expected.floats(tensor), actual.floats(tensor));
                assertTrue(
                        difference <= tolerance,
                        () -> "%s mesh=%s tensor=%s relativeNorm=%g".formatted(name, mesh, tensor, difference));
            }
        }
    }

    private static double run(String name, Mesh mesh, Device device, SessionOptions options, Path out) {
        return ForwardRun.run(
                golden(name).resolve("checkpoint"),
                golden(name).resolve("batch.safetensors"),
                out,
                mesh,
                device,
                options,
                true);
    }

    private static Path golden(String name) {
        return Path.of("src/test/resources/golden", name);
    }

    /**
     * Norm of the difference over the norm. The gradient of a vision key bias is zero in exact arithmetic (softmax does not see a shift), so the file
     * holds rounding noise of 1e-8 there, against a global gradient norm of 4.6: norms below the floor are measured against the floor.
     */
    private static double relativeNorm(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - (double) actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference) / Math.max(Math.sqrt(norm), ZERO_NORM);
    }
}
