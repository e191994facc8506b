package io.longreel.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object of the configuration key by key. It has no defaults of its own: those stand in {@code reference.conf}, so a key that is
 * missing there is a fault, and a key that nobody asked for is unknown. A reading that fails adds to {@link Faults} and returns a
 * harmless value, so that the rest is still looked at. One thread, for the duration of one load.
 */
final class ConfigReader {
    private static final String MISSING = "is missing and has no default; give it a value";

    private final ConfigObject object;
    private final String path;
    private final Faults faults;
    private final Set<String> asked = new TreeSet<>();
    private final Map<String, ConfigReader> sections = new HashMap<>();
    private final List<ConfigReader> children = new ArrayList<>();

    ConfigReader(ConfigObject object, String path, Faults faults) {
        this.object = object;
        this.path = path;
        this.faults = faults;
    }

    String path() {
        return path;
    }

    ConfigObject object() {
        return object;
    }

    Faults faults() {
        return faults;
    }

    String pathOf(String key) {
        String quoted = key.matches("[A-Za-z0-9_-]+") ? key : ConfigUtil.quoteString(key);
        return path.isEmpty() ? quoted : path + "." + quoted;
    }

    ConfigOrigin originOf(String key) {
        ConfigValue value = object.get(key);
        return Faults.originOf(value == null ? object : value);
    }

    boolean isNull(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        return value != null && value.valueType() == ConfigValueType.NULL;
    }

    /** The keys of an object whose keys are names that the user gives. */
    Set<String> names() {
        return new TreeSet<>(object.keySet());
    }

    /** The group under a key whose inside another reader looks after; empty, with a fault, when it is none. */
    Optional<ConfigObject> object(String key) {
        ConfigValue value = value(key);
        if (value instanceof ConfigObject o) {
            return Optional.of(o);
        }
        if (value != null) {
            fault(key, "must be a group of keys { ... }, not " + shown(value));
        }
        return Optional.empty();
    }

    /** A group over the defaults of its keys. Merging would not do: what was merged over a single value has no other fallback any more. */
    static ConfigObject filled(ConfigObject group, ConfigObject defaults) {
        ConfigObject all = defaults;
        for (Map.Entry<String, ConfigValue> entry : group.entrySet()) {
            all = all.withValue(entry.getKey(), entry.getValue());
        }
        return all;
    }

    /** The group under a key; the same reader each time. */
    ConfigReader section(String key) {
        return sections.computeIfAbsent(key, this::newSection);
    }

    private ConfigReader newSection(String key) {
        return object(key)
                .map(o -> child(o, pathOf(key)))
                // One fault says it all: what is missing inside a group that is not there goes to nobody.
                .orElseGet(() -> new ConfigReader(ConfigFactory.empty().root(), pathOf(key), new Faults()));
    }

    /** A reader that belongs to this one for the check of unknown keys. */
    ConfigReader child(ConfigObject childObject, String childPath) {
        ConfigReader child = new ConfigReader(childObject, childPath, faults);
        children.add(child);
        return child;
    }

    /** The raw elements of a list. */
    List<ConfigValue> elements(String key) {
        ConfigValue value = value(key);
        if (value instanceof ConfigList list) {
            return list;
        }
        if (value != null) {
            fault(key, "must be a list [ ... ], not " + shown(value));
        }
        return List.of();
    }

    String text(String key) {
        ConfigValue value = value(key);
        return value == null ? "" : textOf(key, value);
    }

    List<String> texts(String key) {
        return elements(key).stream().map(v -> textOf(key, v)).toList();
    }

    int integer(String key, int min, int max) {
        return (int) wholeNumber(key, min, max);
    }

    long wholeNumber(String key, long min, long max) {
        ConfigValue value = value(key);
        return value == null ? min : wholeNumberOf(key, value, min, max);
    }

    /** A whole number from {@code min} on, or {@code word}, which stands for {@code meaning}. */
    int integerOr(String key, String word, int meaning, int min) {
        ConfigValue value = value(key);
        if (value == null) {
            return min;
        }
        if (value.unwrapped() instanceof String text && !text.matches("[-+]?\\d+")) {
            if (text.equals(word)) {
                return meaning;
            }
            fault(key, "must be a whole number at least %d, or %s, not %s".formatted(min, word, shown(value)));
            return min;
        }
        return (int) wholeNumberOf(key, value, min, Integer.MAX_VALUE);
    }

    List<Integer> integers(String key, int min) {
        return elements(key).stream()
                .map(v -> (int) wholeNumberOf(key, v, min, Integer.MAX_VALUE))
                .toList();
    }

    double number(String key, Range range) {
        ConfigValue value = value(key);
        if (value == null) {
            return range.low();
        }
        try {
            double number = Double.parseDouble(textOf(key, value));
            if (range.contains(number)) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the same fault: what is written there is no number in the range.
        }
        fault(key, "must be a number %s, not %s".formatted(range.text(), shown(value)));
        return range.low();
    }

    boolean flag(String key) {
        ConfigValue value = value(key);
        if (value == null) {
            return false;
        }
        String text = textOf(key, value);
        if (!text.equals("true") && !text.equals("false")) {
            fault(key, "must be true or false, not " + shown(value));
        }
        return text.equals("true");
    }

    /** A duration with its unit, above zero. */
    Duration duration(String key) {
        return duration(key, Duration.ofNanos(1), "above zero ");
    }

    /** A duration with its unit, zero or more. */
    Duration durationFromZero(String key) {
        return duration(key, Duration.ZERO, "");
    }

    private Duration duration(String key, Duration min, String range) {
        ConfigValue value = value(key);
        if (value == null) {
            return Duration.ZERO;
        }
        String text = textOf(key, value);
        if (!text.matches("[-+.\\d\\s]*")) {
            try {
                Duration duration = value.atKey("v").getDuration("v");
                if (duration.compareTo(min) >= 0) {
                    return duration;
                }
            } catch (ConfigException.WrongType | ConfigException.BadValue notADuration) {
                // Falls through to the same fault.
            }
        }
        fault(key, "must be a duration %swith a unit, such as 5 s or 250 ms, not %s".formatted(range, shown(value)));
        return Duration.ZERO;
    }

    /** A size with its unit. */
    long sizeBytes(String key, long min, long max) {
        ConfigValue value = value(key);
        if (value == null) {
            return min;
        }
        String text = textOf(key, value);
        if (!text.matches("[-+.\\d\\s]*")) {
            try {
                long size = value.atKey("v").getBytes("v");
                if (size >= min && size <= max) {
                    return size;
                }
            } catch (ConfigException.WrongType | ConfigException.BadValue notASize) {
                // Falls through to the same fault.
            }
        }
        String range =
                max == Long.MAX_VALUE ? "at least " + Units.size(min) : Units.size(min) + " to " + Units.size(max);
        fault(key, "must be a size with a unit, such as 16 MiB or 1408 B, %s, not %s".formatted(range, shown(value)));
        return min;
    }

    <E extends Enum<E>> E choice(String key, Class<E> type) {
        ConfigValue value = value(key);
        E first = type.getEnumConstants()[0];
        return value == null ? first : choiceOf(key, value, type, first);
    }

    <E extends Enum<E>> Set<E> choices(String key, Class<E> type) {
        Set<E> chosen = EnumSet.noneOf(type);
        for (ConfigValue value : elements(key)) {
            chosen.add(choiceOf(key, value, type, type.getEnumConstants()[0]));
        }
        return chosen;
    }

    /** Adds a fault for every key, here and below, that nobody asked for. To be called once, when everything is read. */
    void rejectUnknownKeys() {
        Set<String> unknown = new TreeSet<>(object.keySet());
        unknown.removeAll(asked);
        for (String key : unknown) {
            String hint = NearestKey.to(key, asked)
                    .map(near -> "did you mean %s?".formatted(near))
                    .orElseGet(() -> "known here: " + String.join(", ", asked));
            fault(key, "is an unknown key; " + hint);
        }
        children.forEach(ConfigReader::rejectUnknownKeys);
    }

    void fault(String key, String message) {
        faults.add(pathOf(key), originOf(key), message);
    }

    private @Nullable ConfigValue value(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        if (value == null || value.valueType() == ConfigValueType.NULL) {
            fault(key, MISSING);
            return null;
        }
        return value;
    }

    private String textOf(String key, ConfigValue value) {
        return switch (value.valueType()) {
            case STRING, NUMBER, BOOLEAN -> String.valueOf(value.unwrapped());
            case OBJECT, LIST, NULL -> {
                fault(key, "must be a single value, not " + shown(value));
                yield "";
            }
        };
    }

    private long wholeNumberOf(String key, ConfigValue value, long min, long max) {
        try {
            long number = Long.parseLong(textOf(key, value));
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException notAnInteger) {
            // Falls through to the same fault: what is written there is no whole number in the range.
        }
        boolean open = max == Integer.MAX_VALUE || max == Long.MAX_VALUE;
        String range = min == Long.MIN_VALUE ? "of 64 bits" : open ? "at least " + min : "from " + min + " to " + max;
        fault(key, "must be a whole number %s, not %s".formatted(range, shown(value)));
        return min;
    }

    private <E extends Enum<E>> E choiceOf(String key, ConfigValue value, Class<E> type, E instead) {
        String text = textOf(key, value);
        Map<String, E> byWord = Words.of(type);
        E named = byWord.get(text);
        if (named != null) {
            return named;
        }
        List<String> known = List.copyOf(byWord.keySet());
        String hint =
                NearestKey.to(text, known).map("; did you mean %s?"::formatted).orElse("");
        fault(key, "must be one of %s, not %s%s".formatted(String.join(", ", known), shown(value), hint));
        return instead;
    }

    private static String shown(ConfigValue value) {
        return switch (value.valueType()) {
            case OBJECT -> "a group of keys";
            case LIST -> "a list";
            case STRING, NUMBER, BOOLEAN, NULL -> value.render();
        };
    }

    /** An interval of numbers; an end belongs to it when it is closed. */
    record Range(double low, boolean lowClosed, double high, boolean highClosed) {
        static final Range POSITIVE = new Range(0, false, Double.POSITIVE_INFINITY, false);
        static final Range NOT_NEGATIVE = new Range(0, true, Double.POSITIVE_INFINITY, false);
        static final Range SHARE = new Range(0, true, 1, true);
        static final Range BELOW_ONE = new Range(0, true, 1, false);
        static final Range FROM_ONE = new Range(1, true, Double.POSITIVE_INFINITY, false);
        static final Range ABOVE_ONE = new Range(1, false, Double.POSITIVE_INFINITY, false);

        boolean contains(double number) {
            return (lowClosed ? number >= low : number > low) && (highClosed ? number <= high : number < high);
        }

        String text() {
            String from = (lowClosed ? "of at least " : "above ") + trimmed(low);
            return high == Double.POSITIVE_INFINITY
                    ? from
                    : from + (highClosed ? " and at most " : " and below ") + trimmed(high);
        }

        private static String trimmed(double number) {
            return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
        }
    }
}
