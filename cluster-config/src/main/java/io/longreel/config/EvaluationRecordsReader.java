package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.longreel.config.EvaluationTaskSettings.Expected;
import io.longreel.config.EvaluationTaskSettings.Form;
import io.longreel.config.EvaluationTaskSettings.Join;
import io.longreel.config.EvaluationTaskSettings.Lookup;
import io.longreel.config.EvaluationTaskSettings.Options;
import io.longreel.config.EvaluationTaskSettings.Records;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code records} of a file of an evaluation. One thread, one file. */
final class EvaluationRecordsReader {
    private static final Config JOIN = ConfigFactory.parseString("file = \"\", key = \"\", field = \"\", only = false");
    private static final Config LOOKUP = ConfigFactory.parseString("of = \"\", is {}");
    private static final Config EXPECTED = ConfigFactory.parseString("of = \"\", is = text");
    private static final String ENDINGS = ".*\\.(json|jsonl|csv|parquet)";

    private final ConfigReader section;
    private final Faults faults;

    EvaluationRecordsReader(ConfigReader section) {
        this.section = section;
        this.faults = section.faults();
    }

    Records read() {
        List<String> files = section.texts("files");
        faults.require(!files.isEmpty(), section, "files", "must name at least one file");
        for (String file : files) {
            faults.require(
                    file.matches(ENDINGS),
                    section,
                    "files",
                    "must end with .json, .jsonl, .csv or .parquet, and %s does not".formatted(file));
            requireInside("files", file);
        }
        Map<String, Lookup> derived = derived();
        String id = needed("id");
        String question = needed("question");
        Options options = options(section.section("options"));
        List<String> video = section.texts("video");
        faults.require(!video.isEmpty(), section, "video", "must name at least one path");
        video.forEach(path -> requireInside("video", path));
        return new Records(files, join(), derived, id, question, options, expected(options), video, groups());
    }

    private String needed(String key) {
        String text = section.text(key);
        faults.require(!text.isBlank(), section, key, "must be a template, such as \"{%s}\"".formatted(key));
        return text;
    }

    /** A task file may come from somebody else: it must not reach what lies beside the data. */
    private void requireInside(String key, String path) {
        faults.require(
                !path.startsWith("/") && !("/" + path + "/").contains("/../"),
                section,
                key,
                "must lie below the data folder, not at " + path);
    }

    private Optional<Join> join() {
        if (section.isNull("join")) {
            return Optional.empty();
        }
        ConfigReader keys = over("join", JOIN);
        Join join = new Join(keys.text("file"), keys.text("key"), keys.text("field"), keys.flag("only"));
        faults.require(
                !join.file().isBlank() && !join.key().isBlank() && !join.field().isBlank(),
                section,
                "join",
                "must have file, key and field");
        requireInside("join", join.file());
        return Optional.of(join);
    }

    private Map<String, Lookup> derived() {
        ConfigReader fields = section.section("derived");
        Map<String, Lookup> derived = new LinkedHashMap<>();
        for (String field : fields.names()) {
            fields.object(field).ifPresent(written -> {
                ConfigReader keys = fields.child(written.withFallback(LOOKUP.root()), fields.pathOf(field));
                ConfigReader values = keys.section("is");
                Map<String, String> is = new HashMap<>();
                values.names().forEach(value -> is.put(value, values.text(value)));
                String of = keys.text("of");
                faults.require(!of.isBlank() && !is.isEmpty(), fields, field, "must have of and is");
                derived.put(field, new Lookup(of, is));
            });
        }
        return derived;
    }

    private Options options(ConfigReader keys) {
        Options options = new Options(keys.text("list"), keys.texts("columns"), keys.flag("labelled"));
        faults.require(
                options.list().isBlank() || options.columns().isEmpty(),
                keys,
                "columns",
                "must not be there beside list: options are in one or the other");
        return options;
    }

    private Optional<Expected> expected(Options options) {
        if (section.isNull("expected")) {
            return Optional.empty();
        }
        ConfigReader keys = over("expected", EXPECTED);
        Expected expected = new Expected(keys.text("of"), keys.choice("is", Form.class));
        faults.require(!expected.of().isBlank(), keys, "of", "must be a template, such as \"{answer}\"");
        faults.require(
                expected.is() == Form.TEXT || options.any(), keys, "is", "must be text where records have no options");
        return Optional.of(expected);
    }

    private Map<String, String> groups() {
        Map<String, String> groups = new LinkedHashMap<>();
        for (String text : section.texts("groups")) {
            int equals = text.indexOf('=');
            if (equals < 1 || equals == text.length() - 1) {
                section.fault("groups", "must be written NAME={FIELD}, not " + text);
            } else {
                groups.put(text.substring(0, equals), text.substring(equals + 1));
            }
        }
        return groups;
    }

    private ConfigReader over(String key, Config defaults) {
        return section.object(key)
                .map(written -> section.child(written.withFallback(defaults.root()), section.pathOf(key)))
                .orElseGet(() -> new ConfigReader(defaults.root(), section.pathOf(key), new Faults()));
    }
}
