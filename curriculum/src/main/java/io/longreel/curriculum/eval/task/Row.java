package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A record as its file has it, whatever the file's format is.
 *
 * @param position such as {@code line 17}, for messages
 * @param index in its file, from 0
 */
record Row(Path file, String position, int index, ObjectNode fields) {

    /** The text of a field, with {@code file} and {@code index} for those that have no such field; empty when it is not there. */
    Optional<String> text(String name) {
        JsonNode value = fields.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return switch (name) {
                case "file" -> Optional.of(stem());
                case "index" -> Optional.of(String.valueOf(index));
                default -> Optional.empty();
            };
        }
        if (value.isContainerNode()) {
            throw damaged("field %s must be a text or a number".formatted(name));
        }
        return Optional.of(value.asText());
    }

    /** The failure of this record, in one line. */
    RuntimeFailure damaged(String what) {
        return RuntimeFailure.data("%s %s: %s".formatted(file, position, what));
    }

    String stem() {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
