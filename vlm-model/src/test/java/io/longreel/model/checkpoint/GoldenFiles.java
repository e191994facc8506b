package io.longreel.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The golden cases among the test resources: small models with everything that PyTorch and transformers compute for them. */
public final class GoldenFiles {
    /** Grouped heads, tied embeddings, one file per part, names of transformers 5.x. */
    public static final String GQA_EVEN = "gqa-even";
    /** As many kv heads as heads, untied, odd patch grid, sharded files, names of transformers 4.x. */
    public static final String MHA_ODD_GRID = "mha-odd-grid";

    public static final List<String> ALL = List.of(GQA_EVEN, MHA_ODD_GRID);

    private GoldenFiles() {}

    public static Path checkpoint(String name) {
        return directory(name).resolve("checkpoint");
    }

    /** Directory of a case: checkpoint, batch, expected, greedy, training. */
    public static Path directory(String name) {
        try {
            return Path.of(Objects.requireNonNull(
                            GoldenFiles.class.getResource("/golden/" + name), "golden case is not on the class path")
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Copies a directory with all below it. */
    static Path copy(Path source, Path target) {
        try (Stream<Path> paths = Files.walk(source)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.copy(path, target.resolve(source.relativize(path).toString()));
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
