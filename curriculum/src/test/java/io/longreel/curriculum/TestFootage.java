package io.longreel.curriculum;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.curriculum.video.FootagePool;
import io.longreel.curriculum.video.FootageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Footage for tests: small generated files, and the real videos beside the repository where they are there. */
public final class TestFootage {
    public static final int IMAGE_SIZE = 56;

    private TestFootage() {}

    /** A generated mp4 of {@code frames} frames in {@code directory}. */
    public static Path generated(Path directory, int frames, long seed) {
        Path file = directory.resolve("footage-" + frames + "-" + seed + ".mp4");
        FootageGenerator.ensure(file, new GeneratedFootage(frames, 112, 112, 24), seed);
        return file;
    }

    public static FootageStore store(Path directory, int frames, long seed, long capacityBytes) {
        return FootageStore.open(
                FootagePool.open(List.of(generated(directory, frames, seed)), IMAGE_SIZE), capacityBytes);
    }

    /** The real videos; empty, with a printed reason, where they are not. */
    public static List<Path> realVideos() {
        Path module = Path.of("").toAbsolutePath();
        Path directory = module.resolve("../../shared/videos").normalize();
        if (!Files.isDirectory(directory)) {
            System.out.println("real footage is not tested: there is no folder " + directory
                    + "; generated footage covers the same code");
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
