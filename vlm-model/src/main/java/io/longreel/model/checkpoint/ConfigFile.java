package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;

/**
 * A config.json with typed access to its keys. A key that is missing or of the wrong type is a DATA failure that names file, key, what was
 * expected and what was found. A key with value null counts as missing, as in Python.
 */
record ConfigFile(Path file, ObjectNode json) {

    static ConfigFile read(Path file) {
        return new ConfigFile(file, JsonFile.read(file));
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    /** An object under a key; an empty one when the key is missing. */
    ConfigFile child(String key) {
        if (!has(key)) {
            return new ConfigFile(file, JsonFile.newObject());
        }
        if (json.get(key) instanceof ObjectNode object) {
            return new ConfigFile(file, object);
        }
        throw wrong(key, "an object");
    }

    int positiveInt(String key) {
        int value = integer(key);
        if (value < 1) {
            throw wrong(key, "an integer of at least 1");
        }
        return value;
    }

    int integer(String key) {
        JsonNode node = json.path(key);
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw wrong(key, "an integer");
        }
        return node.intValue();
    }

    double positive(String key) {
        JsonNode node = json.path(key);
        if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
            throw wrong(key, "a number above 0");
        }
        return node.doubleValue();
    }

    double positiveOr(String key, double fallback) {
        return has(key) ? positive(key) : fallback;
    }

    String textOr(String key, String fallback) {
        if (!has(key)) {
            return fallback;
        }
        if (!json.get(key).isTextual()) {
            throw wrong(key, "a string");
        }
        return json.get(key).textValue();
    }

    boolean flagOr(String key, boolean fallback) {
        if (!has(key)) {
            return fallback;
        }
        if (!json.get(key).isBoolean()) {
            throw wrong(key, "true or false");
        }
        return json.get(key).booleanValue();
    }

    /** Refuses a value that this version cannot compute with; a missing key is fine. */
    void allow(String key, List<String> values) {
        if (has(key) && !values.contains(json.get(key).asText())) {
            throw wrong(key, values.size() == 1 ? values.getFirst() : "one of " + values);
        }
    }

    RuntimeFailure wrong(String key, String expected) {
        String found = json.has(key) ? json.get(key).toString() : "nothing";
        return RuntimeFailure.data(
                "bad model configuration: key=%s expected=%s found=%s file=%s".formatted(key, expected, found, file));
    }
}
