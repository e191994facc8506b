package io.longreel.peer;

import java.util.HashMap;
import java.util.Map;

/** A command line of {@code --name value} pairs; every name has a default, and a name without one is refused. */
final class Flags {
    private final Map<String, String> values;

    private Flags(Map<String, String> values) {
        this.values = values;
    }

    static Flags parse(String[] args, Map<String, String> defaults) {
        Map<String, String> values = new HashMap<>(defaults);
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (!defaults.containsKey(name) || i + 1 == args.length) {
                throw new IllegalArgumentException(
                        "unexpected \"" + args[i] + "\"; flags with their defaults: " + defaults);
            }
            values.put(name, args[i + 1]);
        }
        return new Flags(values);
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name) {
        return Integer.parseInt(values.get(name));
    }

    boolean is(String name, String expected, String other) {
        String value = values.get(name);
        if (!value.equals(expected) && !value.equals(other)) {
            throw new IllegalArgumentException("--" + name + " is " + expected + " or " + other + ", not " + value);
        }
        return value.equals(expected);
    }
}
