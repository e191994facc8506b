package io.longreel.transport.link;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks for room before memory is mapped: a mapped page for which there is none ends the process, or the media driver. */
final class Storage {
    private Storage() {}

    /** Throws unless this many bytes are free in the file system of the directory. */
    static void require(Path directory, long neededBytes, Category ifNot, String what) {
        long usableBytes;
        try {
            usableBytes = Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            throw new RuntimeFailure(Category.CONFIG, "directory %s must be readable: %s".formatted(directory, e), e);
        }
        if (usableBytes < neededBytes) {
            throw new RuntimeFailure(
                    ifNot,
                    "file system of %s must have room for %s: neededBytes=%d usableBytes=%d; make it larger, or transport.term and transport.window smaller"
                            .formatted(directory, what, neededBytes, usableBytes));
        }
    }
}
