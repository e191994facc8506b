package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a model is known by: answers of one that was trained on, or is elsewhere, are not taken for its own. Stateless. */
final class EvalModels {
    private EvalModels() {}

    /**
     * A model.
     *
     * @param name for people and file names
     * @param identity with all on which its answers depend
     */
    record Known(String name, String identity) {}

    /** A model in a folder: its path, and what its files look like from outside. */
    static Known local(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw RuntimeFailure.config("--model must be a folder in VILA's layout: --model=" + folder);
        }
        try (Stream<Path> walk = Files.walk(folder.toRealPath())) {
            List<Path> files = walk.filter(Files::isRegularFile).sorted().toList();
            long bytes = 0;
            long newestMs = 0;
            for (Path file : files) {
                bytes += Files.size(file);
                newestMs = Math.max(newestMs, Files.getLastModifiedTime(file).toMillis());
            }
            Path real = folder.toRealPath();
            return new Known(
                    String.valueOf(real.getFileName()),
                    "%s, %d files, %d bytes, changed at %d".formatted(real, files.size(), bytes, newestMs));
        } catch (UncheckedIOException e) {
            throw DiskFailures.unreadable("a model must be readable", folder, new IOException(e));
        } catch (IOException e) {
            throw DiskFailures.unreadable("a model must be readable", folder, e);
        }
    }

    /** A model behind an endpoint. */
    static Known remote(String url, String name, String how) {
        return new Known(name, "%s at %s%s".formatted(name, url, how.isEmpty() ? "" : ", " + how));
    }

    /** A name that a folder can have. */
    static String fileName(String name) {
        return name.replaceAll("[^A-Za-z0-9._-]+", "_");
    }
}
