package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code key=value} settings of a command line. A value that starts like a list, a group or a quoted string is HOCON, {@code null}
 * is null, anything else is taken as it stands (so that paths need no quotes). Keys may index lists, which HOCON's own paths cannot:
 * {@code stages[0].phases[1].steps=10}. Immutable.
 */
final class Overrides {
    private static final Pattern KEY = Pattern.compile("(\"[^\"]*\"|[^.\\[\\]\"]+)((?:\\[\\d+])*)(\\.(?=.)|$)");

    private final List<Setting> settings;

    private Overrides(List<Setting> settings) {
        this.settings = List.copyOf(settings);
    }

    static Overrides parse(List<String> texts, Faults faults) {
        List<Setting> settings = new ArrayList<>();
        for (String text : texts) {
            String origin = "--set " + text;
            int equals = text.indexOf('=');
            List<Object> steps =
                    equals < 0 ? List.of() : steps(text.substring(0, equals).strip());
            if (steps.isEmpty()) {
                faults.add(text, ConfigOriginFactory.newSimple("--set"), "must be key=value, such as mesh.ring=2");
                continue;
            }
            value(text.substring(equals + 1).strip(), origin, faults)
                    .ifPresent(value -> settings.add(new Setting(steps, value)));
        }
        return new Overrides(settings);
    }

    /** The settings without an index, as a layer over the user's file. */
    Config plain() {
        Config config = ConfigFactory.empty();
        for (Setting setting : settings) {
            if (!setting.indexed()) {
                List<String> path =
                        setting.steps().stream().map(String.class::cast).toList();
                config = setting.value()
                        .atPath(RunConfigLoader.ROOT + "." + ConfigUtil.joinPath(path))
                        .withFallback(config);
            }
        }
        return config;
    }

    /** {@code root} with the indexed settings in place. */
    ConfigObject applyIndexed(ConfigObject root, Faults faults) {
        ConfigObject changed = root;
        for (Setting setting : settings) {
            if (setting.indexed()) {
                try {
                    changed = (ConfigObject) with(changed, setting.steps(), setting.value());
                } catch (IndexOutOfBoundsException e) {
                    faults.add(setting.text(), setting.value().origin(), "names a list element that does not exist");
                }
            }
        }
        return changed;
    }

    private static ConfigValue with(ConfigValue at, List<Object> steps, ConfigValue value) {
        if (steps.isEmpty()) {
            return value;
        }
        List<Object> rest = steps.subList(1, steps.size());
        if (steps.getFirst() instanceof Integer index) {
            List<ConfigValue> elements = at instanceof ConfigList list ? new ArrayList<>(list) : List.of();
            elements.set(index, with(elements.get(index), rest, value));
            return ConfigValueFactory.fromIterable(elements).withOrigin(at.origin());
        }
        String key = (String) steps.getFirst();
        ConfigObject object =
                at instanceof ConfigObject o ? o : ConfigFactory.empty().root();
        ConfigValue inner = object.get(key);
        return object.withValue(key, with(inner == null ? ConfigFactory.empty().root() : inner, rest, value));
    }

    /** Keys (String) and indices (Integer) of a path, without the leading root; empty when it is not a path. */
    private static List<Object> steps(String key) {
        List<Object> steps = new ArrayList<>();
        Matcher matcher = KEY.matcher(key);
        int position = 0;
        while (position < key.length()) {
            if (!matcher.find(position) || matcher.start() != position) {
                return List.of();
            }
            String name = matcher.group(1);
            steps.add(name.startsWith("\"") ? name.substring(1, name.length() - 1) : name);
            String indices = matcher.group(2);
            for (int i = 0; i < indices.length(); ) {
                int close = indices.indexOf(']', i);
                steps.add(Integer.valueOf(indices.substring(i + 1, close)));
                i = close + 1;
            }
            position = matcher.end();
        }
        return !steps.isEmpty() && steps.getFirst().equals(RunConfigLoader.ROOT)
                ? steps.subList(1, steps.size())
                : steps;
    }

    private static Optional<ConfigValue> value(String text, String origin, Faults faults) {
        if (text.equals("null")) {
            return Optional.of(ConfigValueFactory.fromAnyRef(null, origin));
        }
        if (!text.startsWith("[") && !text.startsWith("{") && !text.startsWith("\"")) {
            return Optional.of(ConfigValueFactory.fromAnyRef(text, origin));
        }
        try {
            ConfigParseOptions named = ConfigParseOptions.defaults().setOriginDescription(origin);
            return Optional.ofNullable(ConfigFactory.parseString("v = " + text, named)
                    .resolve()
                    .root()
                    .get("v"));
        } catch (ConfigException e) {
            faults.add(
                    text,
                    ConfigOriginFactory.newSimple(origin),
                    "is not a valid HOCON value; check quotes and brackets");
            return Optional.empty();
        }
    }

    private record Setting(List<Object> steps, ConfigValue value) {
        boolean indexed() {
            return steps.stream().anyMatch(Integer.class::isInstance);
        }

        String text() {
            StringBuilder text = new StringBuilder(RunConfigLoader.ROOT);
            steps.forEach(step -> text.append(step instanceof Integer i ? "[" + i + "]" : "." + step));
            return text.toString();
        }
    }
}
