package io.longreel.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What is wrong with one configuration, collected so that the user sees everything at once. Owned by one {@link RunConfigLoader} call, one
 * thread. Invariant: a rule that relates several keys is only judged when none of them is already at fault, so that one mistake gives
 * one line.
 */
final class Faults {
    private final List<String> lines = new ArrayList<>();
    private final Set<String> paths = new HashSet<>();
    private final Set<String> seen = new HashSet<>();

    /** Adds one line: where, which key, what must hold. */
    void add(String path, ConfigOrigin origin, String message) {
        paths.add(path);
        // A default or a named stage is read wherever it is used: what is wrong at one place is told once.
        if (seen.add("%s %s %s".formatted(place(origin), path.substring(path.lastIndexOf('.') + 1), message))) {
            lines.add("%s: %s %s".formatted(place(origin), path, message));
        }
    }

    /** Whether nothing was found so far. */
    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** Adds a fault unless {@code holds}, or one of {@code dependsOn} is at fault already. */
    void require(boolean holds, ConfigReader section, String key, String message, String... dependsOn) {
        String path = section.pathOf(key);
        if (holds || at(path)) {
            return;
        }
        for (String other : dependsOn) {
            if (at(other)) {
                return;
            }
        }
        add(path, section.originOf(key), message);
    }

    /** Whether the key at {@code path}, or one above or below it, is at fault. */
    boolean at(String path) {
        return paths.stream().anyMatch(p -> p.equals(path) || within(p, path) || within(path, p));
    }

    private static boolean within(String inner, String outer) {
        return inner.startsWith(outer + ".") || inner.startsWith(outer + "[");
    }

    /** Throws everything that was found, if anything was. */
    void throwIfAny() {
        if (!lines.isEmpty()) {
            throw RuntimeFailure.config(String.join(System.lineSeparator(), lines));
        }
    }

    /** {@code file:line} where the origin knows them. */
    static String place(ConfigOrigin origin) {
        String file = origin.filename() == null ? origin.resource() : origin.filename();
        if (file == null) {
            return origin.description();
        }
        String place = origin.lineNumber() > 0 ? file + ":" + origin.lineNumber() : file;
        return isDefault(origin) ? "default in " + place : place;
    }

    /**
     * Where a value stands. A group that several layers make up has no line of its own: the first key in it that the user wrote stands for
     * it.
     */
    static ConfigOrigin originOf(ConfigValue value) {
        if (!(value instanceof ConfigObject group) || group.origin().lineNumber() > 0) {
            return value.origin();
        }
        return group.values().stream()
                .map(Faults::originOf)
                .min(Comparator.comparing(Faults::isDefault).thenComparing(Faults::place))
                .orElse(group.origin());
    }

    private static boolean isDefault(ConfigOrigin origin) {
        String name = origin.resource() == null ? String.valueOf(origin.filename()) : origin.resource();
        return Path.of(name).endsWith(RunConfigLoader.REFERENCE);
    }
}
