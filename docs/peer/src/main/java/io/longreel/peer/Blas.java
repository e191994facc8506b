package io.longreel.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which library multiplies PyTorch's matrices: its own build does not tell, as another one may have been put in its place. */
final class Blas {
    private Blas() {}

    /** The names of the mapped files that hold a BLAS, or PyTorch's own where it was built in. */
    static String inUse() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.map(line -> line.substring(line.lastIndexOf('/') + 1))
                    .filter(name -> name.matches("lib(mkl|openblas|gomp|iomp|torch_cpu).*"))
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(" "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
