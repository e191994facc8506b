package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A text, or a row of token ids, in one field of each JSON record. */
final class JsonColumn {
    private JsonColumn() {}

    static JsonShard texts(Path file, String column) {
        return JsonShard.ofLines(file, (json, id, place) -> new DataRecord.Text(id, text(json, column, place)));
    }

    static JsonShard tokens(Path file, String column) {
        return JsonShard.ofLines(file, (json, id, place) -> new DataRecord.Tokens(id, ids(json, column, place)));
    }

    private static String text(ObjectNode json, String column, Place place) {
        JsonNode value = json.path(column);
        if (!value.isTextual()) {
            throw place.field(column, "a string");
        }
        return value.asText();
    }

    private static int[] ids(ObjectNode json, String column, Place place) {
        JsonNode value = json.path(column);
        if (!value.isArray()) {
            throw place.field(column, "a list of token ids");
        }
        int[] ids = new int[value.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = value.path(i);
            if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
                throw place.field("%s[%d]".formatted(column, i), TokenIds.EXPECTED + ", and is " + id);
            }
            ids[i] = id.intValue();
        }
        return ids;
    }
}
