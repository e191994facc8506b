package io.longreel.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every key of a run as a page for readers, out of {@code reference.conf}: what it says there is what it says here. Groups are sections, in the order of the file. Pure.
 */
final class ConfigReference {
    private static final ConfigRenderOptions PLAIN =
            ConfigRenderOptions.concise().setJson(false);
    /** A longer value is shown as a block of its own below the key. */
    private static final int CELL_MAX = 90;

    private final StringBuilder page = new StringBuilder();

    private ConfigReference() {}

    /** The page as Markdown. */
    static String markdown() {
        ConfigObject file = ConfigFactory.parseResources(
                        ConfigReference.class.getClassLoader(), RunConfigLoader.REFERENCE)
                .root();
        ConfigValue root = file.get(RunConfigLoader.ROOT);
        if (!(root instanceof ConfigObject keys)) {
            throw new IllegalStateException("reference.conf must have the group " + RunConfigLoader.ROOT);
        }
        ConfigReference reference = new ConfigReference();
        reference
                .page
                .append("# Configuration reference\n\n")
                .append(comment(root))
                .append("\n\n");
        reference.page.append(
                "This page is `bin/longreel config --reference`. `bin/longreel config CONF --explain` shows the same for a configuration, with its values.\n");
        reference.group(RunConfigLoader.ROOT, keys);
        return reference.page.toString();
    }

    private void group(String path, ConfigObject group) {
        List<Map.Entry<String, ConfigValue>> entries = group.entrySet().stream()
                .sorted(Comparator.comparingInt(
                        entry -> entry.getValue().origin().lineNumber()))
                .toList();
        List<Map.Entry<String, ConfigValue>> keys =
                entries.stream().filter(entry -> !isGroup(entry.getValue())).toList();
        if (!keys.isEmpty()) {
            page.append("\n| key | default | meaning |\n|---|---|---|\n");
            keys.forEach(key -> page.append("| `%s` | %s | %s |\n"
                    .formatted(key.getKey(), cell(key.getValue()), escaped(comment(key.getValue())))));
        }
        for (Map.Entry<String, ConfigValue> entry : entries) {
            if (isGroup(entry.getValue())) {
                String inner = path + "." + ConfigUtil.joinPath(entry.getKey());
                page.append("\n## `%s`\n\n%s\n".formatted(inner, comment(entry.getValue())));
                group(inner, (ConfigObject) entry.getValue());
            }
        }
    }

    /** A group without keys is a value: what a user fills. */
    private static boolean isGroup(ConfigValue value) {
        return value instanceof ConfigObject object && !object.isEmpty();
    }

    private static String cell(ConfigValue value) {
        String text = value instanceof ConfigList list && list.isEmpty() ? "[]" : value.render(PLAIN);
        return text.length() <= CELL_MAX ? "`" + escaped(text) + "`" : "see `--explain`";
    }

    private static String escaped(String text) {
        return text.replace("|", "\\|");
    }

    private static String comment(ConfigValue value) {
        return value.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
    }
}
