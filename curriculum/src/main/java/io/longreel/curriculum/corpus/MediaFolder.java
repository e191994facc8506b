package io.longreel.curriculum.corpus;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where the paths that records name start from. A relative path stays inside the folder, so that a downloaded record cannot make a run read
 * what lies beside it; an absolute one is meant as it is. Immutable.
 */
record MediaFolder(Path folder) {
    Medium resolve(Medium.Kind kind, String path, String field, Place place) {
        Path named;
        try {
            named = Path.of(path);
        } catch (InvalidPathException e) {
            throw place.field(field, "a path: \"%s\" is none".formatted(path));
        }
        if (path.isBlank()) {
            throw place.field(field, "a path, and is blank");
        }
        if (named.isAbsolute()) {
            return Medium.whole(kind, named);
        }
        Path relative = named.normalize();
        if (relative.startsWith("..")) {
            throw place.field(
                    field,
                    "a path inside the media folder %s or an absolute one: %s leads out of it".formatted(folder, path));
        }
        return Medium.whole(kind, folder.resolve(relative));
    }

    /** Whether the file is there is a question for the moment of reading: it may be copied while a run goes on. */
    static void requireExists(Medium medium, Place place) {
        if (!medium.exists()) {
            throw place.damaged("%s %s must exist, and does not; copy it there, or leave the record out by a subset"
                    .formatted(medium.kind() == Medium.Kind.IMAGE ? "image" : "video", medium.file()));
        }
    }
}
