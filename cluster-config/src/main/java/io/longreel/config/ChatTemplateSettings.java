package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What stands around the messages of a conversation, as a file of a few strings has it (HOCON; those under {@code chat/} come with the program).
 *
 * @param begin in front of everything
 * @param system message of a conversation that has none of its own; empty = none
 * @param specials special tokens that its strings use: a tokenizer must have them
 * @param systemTurn around a system message
 * @param userTurn around a question; media stand in front of the question's text
 * @param assistantTurn around an answer
 * @param answerEnd behind an answer, and learned with it
 */
public record ChatTemplateSettings(
        String name,
        String begin,
        String system,
        List<String> specials,
        Around systemTurn,
        Around userTurn,
        Around assistantTurn,
        String answerEnd) {

    /** Templates that come with the program. */
    public static final List<String> NAMES = List.of("qwen2-chatml", "vila-v1.5", "llama-3", "plain");

    private static final String FOLDER = "chat/";
    private static final List<String> TURNS = List.of("system-turn", "user-turn", "assistant-turn");
    private static final List<String> KEYS = Stream.concat(
                    Stream.of("begin", "system", "specials", "answer-end"), TURNS.stream())
            .toList();
    private static final List<String> AROUND_KEYS = List.of("before", "prefix", "after");

    /**
     * Before and behind a message.
     *
     * @param prefix directly in front of the message; of an answer it is learned with it, as it may be one token with the answer's first word
     */
    public record Around(String before, String prefix, String after) {}

    public ChatTemplateSettings {
        specials = List.copyOf(specials);
    }

    /**
     * Reads a template.
     *
     * @param nameOrFile one of {@link #NAMES}, or the path of a file
     */
    public static ChatTemplateSettings read(String nameOrFile) {
        ConfigParseOptions strict = ConfigParseOptions.defaults().setAllowMissing(false);
        if (NAMES.contains(nameOrFile)) {
            ClassLoader loader = ChatTemplateSettings.class.getClassLoader();
            return read(ConfigFactory.parseResources(loader, FOLDER + nameOrFile + ".conf", strict), nameOrFile);
        }
        Path file = Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            String hint = NearestKey.to(String.valueOf(file.getFileName()), NAMES)
                    .map("; did you mean %s?"::formatted)
                    .orElse("");
            throw RuntimeFailure.config("no such chat template: %s is neither a file nor one of %s%s"
                    .formatted(nameOrFile, String.join(", ", NAMES), hint));
        }
        try {
            return read(ConfigFactory.parseFile(file.toFile(), strict), nameOrFile);
        } catch (ConfigException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "chat template %s is wrong: %s".formatted(file, why), e);
        }
    }

    private static ChatTemplateSettings read(Config file, String name) {
        requireKnown(file.root(), KEYS, name, "");
        for (String turn : TURNS) {
            if (file.root().get(turn) instanceof ConfigObject around) {
                requireKnown(around, AROUND_KEYS, name, turn + ".");
            }
        }
        if (!file.hasPath("answer-end") || file.getString("answer-end").isEmpty()) {
            throw RuntimeFailure.config(
                    "chat template %s must have an answer-end: without one a model never learns to stop"
                            .formatted(name));
        }
        return new ChatTemplateSettings(
                name,
                text(file, "begin"),
                text(file, "system"),
                file.hasPath("specials") ? file.getStringList("specials") : List.of(),
                around(file, "system-turn"),
                around(file, "user-turn"),
                around(file, "assistant-turn"),
                file.getString("answer-end"));
    }

    private static void requireKnown(ConfigObject group, List<String> known, String name, String path) {
        for (String key : group.keySet()) {
            if (!known.contains(key)) {
                String hint = NearestKey.to(key, known)
                        .map("did you mean %s?"::formatted)
                        .orElse("it knows: " + String.join(", ", known));
                throw RuntimeFailure.config(
                        "chat template %s has an unknown key: %s%s; %s".formatted(name, path, key, hint));
            }
        }
    }

    private static Around around(Config file, String key) {
        return new Around(text(file, key + ".before"), text(file, key + ".prefix"), text(file, key + ".after"));
    }

    private static String text(Config file, String key) {
        return file.hasPath(key) ? file.getString(key) : "";
    }

    /** As a file that {@link #read} takes. */
    public String text() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("begin", begin);
        keys.put("system", system);
        keys.put("specials", specials);
        keys.put("system-turn", keys(systemTurn));
        keys.put("user-turn", keys(userTurn));
        keys.put("assistant-turn", keys(assistantTurn));
        keys.put("answer-end", answerEnd);
        return ConfigValueFactory.fromMap(keys)
                .render(ConfigRenderOptions.defaults()
                        .setOriginComments(false)
                        .setComments(false)
                        .setJson(false));
    }

    private static Map<String, String> keys(Around turn) {
        return Map.of("before", turn.before(), "prefix", turn.prefix(), "after", turn.after());
    }

    /** With another system message. */
    public ChatTemplateSettings withSystem(String message) {
        return new ChatTemplateSettings(name, begin, message, specials, systemTurn, userTurn, assistantTurn, answerEnd);
    }
}
