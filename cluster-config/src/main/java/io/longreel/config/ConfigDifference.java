package io.longreel.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Where the configurations of several runs differ, key by key, as resolved. Stateless. */
public final class ConfigDifference {
    /** Runs have a folder each: that says nothing about them. */
    private static final String OUT = "out";

    private ConfigDifference() {}

    /**
     * Keys below {@code longreel}, lists by position such as {@code stages[0].name}, that do not have the same value in all configurations.
     *
     * @return a value a configuration; empty where it does not have the key
     */
    public static SortedMap<String, List<String>> between(List<RunConfig> configs) {
        List<SortedMap<String, String>> flat =
                configs.stream().map(ConfigDifference::flatten).toList();
        SortedSet<String> keys = new TreeSet<>();
        flat.forEach(values -> keys.addAll(values.keySet()));
        SortedMap<String, List<String>> different = new TreeMap<>();
        for (String key : keys) {
            List<String> values = new ArrayList<>();
            flat.forEach(config -> values.add(config.getOrDefault(key, "")));
            if (values.stream().distinct().count() > 1) {
                different.put(key, values);
            }
        }
        return different;
    }

    private static SortedMap<String, String> flatten(RunConfig config) {
        SortedMap<String, String> values = new TreeMap<>();
        flatten(
                "",
                ConfigFactory.parseString(RunConfigLoader.render(config))
                        .getConfig("longreel")
                        .root(),
                values);
        values.remove(OUT);
        return values;
    }

    private static void flatten(String path, ConfigValue value, SortedMap<String, String> values) {
        if (value instanceof ConfigObject object && !object.isEmpty()) {
            object.forEach((key, child) -> flatten(path.isEmpty() ? key : path + "." + key, child, values));
        } else if (value instanceof ConfigList list && list.stream().anyMatch(child -> child instanceof ConfigObject)) {
            for (int i = 0; i < list.size(); i++) {
                flatten("%s[%d]".formatted(path, i), list.get(i), values);
            }
        } else {
            values.put(path, value.render(ConfigRenderOptions.concise()));
        }
    }
}
