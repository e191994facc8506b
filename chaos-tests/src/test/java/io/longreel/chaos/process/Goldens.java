package io.longreel.chaos.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The golden cases that stand beside the model's own tests, and damaged copies of their checkpoints. */
final class Goldens {
    private static final Path ROOT = Path.of("..", "vlm-model", "src", "test", "resources", "golden")
            .toAbsolutePath()
            .normalize();

    private Goldens() {}

    static Path checkpoint(String name) {
        return ROOT.resolve(name).resolve("checkpoint");
    }

    static Path batch(String name) {
        return ROOT.resolve(name).resolve("batch.safetensors");
    }

    static Path expected(String name) {
        return ROOT.resolve(name).resolve("expected.safetensors");
    }

    /**
     * Copies a checkpoint and changes the header of one of its weight files; the values stay where they are.
     *
     * @param part folder of the weight file
     * @param change must be as long as what it replaces, as the header's length stands in the file
     */
    static Path damaged(String name, Path to, String part, String original, String change) {
        copy(checkpoint(name), to);
        Path file = to.resolve(part).resolve("model.safetensors");
        try {
            byte[] bytes = Files.readAllBytes(file);
            int length = Math.toIntExact(
                    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
            String header = new String(bytes, Long.BYTES, length, StandardCharsets.UTF_8);
            byte[] changed = header.replace(original, change).getBytes(StandardCharsets.UTF_8);
            if (!header.contains(original) || changed.length != length) {
                throw new IllegalArgumentException(
                        "header must hold the original, and keep its length: file=%s original=%s change=%s"
                                .formatted(file, original, change));
            }
            System.arraycopy(changed, 0, bytes, Long.BYTES, length);
            Files.write(file, bytes);
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint cannot be damaged: file=" + file, e);
        }
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint cannot be copied: from=" + from, e);
        }
    }
}
