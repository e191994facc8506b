package io.longreel.runtime.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * The members of a JSON object of a request. A member that is null counts as one that is not there. What is of the wrong kind is refused with
 * its name.
 *
 * @param where the object's own name, with a dot behind it; empty for the body
 */
record Fields(JsonNode object, String where) {

    /** Fields of a value that must be an object. */
    static Fields of(JsonNode value, String name) {
        if (!value.isObject()) {
            throw Refusal.invalid(name, "%s must be an object, not %s".formatted(name, kind(value)));
        }
        return new Fields(value, name + ".");
    }

    String name(String key) {
        return where + key;
    }

    Optional<JsonNode> value(String key) {
        JsonNode value = object.get(key);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    Optional<Fields> inner(String key) {
        return value(key).map(value -> of(value, name(key)));
    }

    Optional<String> text(String key) {
        return value(key).map(value -> text(value, name(key)));
    }

    static String text(JsonNode value, String name) {
        if (!value.isTextual()) {
            throw Refusal.invalid(name, "%s must be a string, not %s".formatted(name, kind(value)));
        }
        return value.textValue();
    }

    boolean flag(String key) {
        return value(key)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw wrong(key, "true or false", value);
                    }
                    return value.booleanValue();
                })
                .orElse(false);
    }

    /** A whole number, also when it is written with a decimal point. */
    Optional<Long> wholeNumber(String key, long min, long max) {
        return value(key).map(value -> {
            if (!value.isNumber() || !value.canConvertToExactIntegral() || !value.canConvertToLong()) {
                throw wrong(key, "a whole number of 64 bits", value);
            }
            long number = value.longValue();
            if (number < min || number > max) {
                String range = max == Long.MAX_VALUE || max == Integer.MAX_VALUE
                        ? "at least %d".formatted(min)
                        : "between %d and %d".formatted(min, max);
                throw wrong(key, range, value);
            }
            return number;
        });
    }

    /** A number between {@code min} and {@code max}, both included. */
    double number(String key, double min, double max, double otherwise) {
        return value(key)
                .map(value -> {
                    double number = value.doubleValue();
                    if (!value.isNumber() || !(number >= min && number <= max)) {
                        throw wrong(key, "a number between %s and %s".formatted(min, max), value);
                    }
                    return number;
                })
                .orElse(otherwise);
    }

    /** A list, which must not be empty, of at most {@code max} elements. */
    List<JsonNode> elements(String key, int max) {
        JsonNode list = value(key)
                .orElseThrow(() -> Refusal.invalid(name(key), "%s is missing; it must be a list".formatted(name(key))));
        if (!list.isArray() || list.isEmpty() || list.size() > max) {
            throw wrong(key, "a list of 1 to %d elements".formatted(max), list);
        }
        return list.valueStream().toList();
    }

    Refusal wrong(String key, String what, JsonNode value) {
        return Refusal.invalid(name(key), "%s must be %s, not %s".formatted(name(key), what, kind(value)));
    }

    /** What a value is, short enough for a message. */
    static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> "a list of %d elements".formatted(value.size());
            case STRING -> Refusal.shown(value.textValue());
            case NULL, MISSING -> "null";
            case NUMBER, BOOLEAN, BINARY, POJO -> value.asText();
        };
    }
}
