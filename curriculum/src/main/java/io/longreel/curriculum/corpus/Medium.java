package io.longreel.curriculum.corpus;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An image or a video: a whole file, a folder of frames (a video may be a directory of images), or a byte range of a file (member of a tar).
 *
 * @param offset first byte in the file
 * @param length bytes, or {@link #WHOLE_FILE}
 */
public record Medium(Kind kind, Path file, long offset, long length) {
    /** The length of a medium that is all of its file. */
    public static final long WHOLE_FILE = -1;

    /** What a medium shows. */
    public enum Kind {
        IMAGE,
        VIDEO
    }

    public Medium {
        if (offset < 0 || length < WHOLE_FILE || (length == WHOLE_FILE && offset != 0)) {
            throw new IllegalArgumentException(
                    "a medium must be a whole file or a range of it: file=%s offset=%d length=%d"
                            .formatted(file, offset, length));
        }
    }

    /** A medium that is all of its file, or the folder of a video's frames. */
    public static Medium whole(Kind kind, Path file) {
        return new Medium(kind, file, 0, WHOLE_FILE);
    }

    /** Whether the file is there; for a video, also whether the folder of its frames is. */
    public boolean exists() {
        return Files.isRegularFile(file) || (kind == Kind.VIDEO && Files.isDirectory(file));
    }
}
