package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a command writes at its end; it appears whole or not at all, and what stood there before stays until then. */
final class ResultFile {
    private ResultFile() {}

    /**
     * Refuses one that could not be written: before minutes of work, not after them.
     *
     * @param content what the user would find in it
     */
    static void check(Path file, String content) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder) || Files.isDirectory(file)) {
            throw RuntimeFailure.config(
                    "cannot write the %s: file=%s; its folder must exist and be writable, and the file must not be a folder"
                            .formatted(content, file));
        }
    }
}
