package io.longreel.curriculum.corpus;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Where a record lies, for messages: its file and, worked out only when a message needs it, the line, row or member.
 *
 * @param position such as {@code line 17}
 */
record Place(Path file, Supplier<String> position) {
    /** {@code <file> line 17: <text>}, as the failure of this one record. */
    DamagedRecord damaged(String text) {
        return new DamagedRecord("%s %s: %s".formatted(file, position.get(), text));
    }

    DamagedRecord damaged(String text, Throwable cause) {
        return new DamagedRecord("%s %s: %s".formatted(file, position.get(), text), cause);
    }

    /** A field that is not what it must be. */
    DamagedRecord field(String field, String expected) {
        return damaged(
                "field %s must be %s; correct the record or leave it out by a subset".formatted(field, expected));
    }

    /** The failure of a whole file. */
    static RuntimeFailure broken(Path file, String text) {
        return RuntimeFailure.data("%s: %s".formatted(file, text));
    }

    static RuntimeFailure broken(Path file, String text, Throwable cause) {
        return new RuntimeFailure(RuntimeFailure.Category.DATA, "%s: %s".formatted(file, text), cause);
    }

    /** What an exception of somebody else's says, in one line. */
    static String reason(Exception e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getClass().getSimpleName()
                : message.strip().lines().findFirst().orElseThrow();
    }
}
