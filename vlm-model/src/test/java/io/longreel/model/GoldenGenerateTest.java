package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.longreel.config.topology.Mesh;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Devices;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Greedy answers are those of Hugging Face, token by token, on every mesh and in chunks of every size. */
final class GoldenGenerateTest {
    @TempDir
    private Path directory;

    static Stream<Arguments> cases() {
        Stream.Builder<Arguments> cases = Stream.builder();
        for (String name : new String[] {"gqa-even", "mha-odd-grid"}) {
            for (Mesh mesh : new Mesh[] {
                Mesh.single(),
                new Mesh(1, 2, 1),
                new Mesh(1, 1, 2),
                new Mesh(1, 2, 2),
                new Mesh(1, 4, 2),
                new Mesh(1, 2, 2, Mesh.Inner.RING),
                new Mesh(1, 3, 1),
                new Mesh(1, 1, 3)
            }) {
                for (int chunk : new int[] {1, 7, 1000}) {
                    // Chunks of one token are slow where many ranks share them.
                    if (chunk > 1 || mesh.worldSize() <= 2) {
                        cases.add(Arguments.of(name, mesh, chunk));
                    }
                }
            }
        }
        return cases.build();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldChooseTheTokensOfHuggingFace(String name, Mesh mesh, int chunk) {
        Path golden = Path.of("src/test/resources/golden", name);
        Path out = directory.resolve("tokens.safetensors");
        GenerateRun run =
                new GenerateRun(golden.resolve("checkpoint"), mesh, Devices.cpu(), SessionOptions.DEFAULTS, chunk, 24);
        run.run(golden.resolve("batch.safetensors"), out, Sampling.GREEDY);
        assertArrayEquals(tokens(golden.resolve("greedy.safetensors")), tokens(out));
    }

    private static int[] tokens(Path file) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            return Arrays.stream(tensors.integers("tokens"))
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }
    }
}
