package io.longreel.curriculum.text;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.longreel.config.NearestKey;
import io.longreel.config.RuntimeFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What stands around the messages of a conversation, read from a file of a few strings (HOCON; those under {@code chat/} come with the program).
 * Immutable.
 *
 * @param begin in front of everything
 * @param system message of a conversation that has none of its own; empty = none
 * @param specials special tokens that its strings use: a tokenizer must have them
 * @param systemTurn around a system message
 * @param userTurn around a question; media stand in front of the question's text
 * @param assistantTurn around an answer
 * @param answerEnd behind an answer, and learned with it
 */
public record ChatTemplate(
        String name,
        String begin,
        String system,
        List<String> specials,
        Around systemTurn,
        Around userTurn,
        Around assistantTurn,
        String answerEnd) {

    private static final String FOLDER = "chat/";
    /** Templates that come with the program. */
    public static final List<String> NAMES = List.of("qwen2-chatml", "vila-v1.5", "llama-3", "plain");

    /**
     * Before and behind a message.
     *
     * @param prefix directly in front of the message; of an answer it is learned with it, as it may be one token with the answer's first word
     */
    public record Around(String before, String prefix, String after) {}

    public ChatTemplate {
        specials = List.copyOf(specials);
    }

    /**
     * Opens a template.
     *
     * @param nameOrFile one of {@link #NAMES}, or the path of a file
     */
    public static ChatTemplate open(String nameOrFile) {
        if (NAMES.contains(nameOrFile)) {
            return read(
                    ConfigFactory.parseResources(
                            ChatTemplate.class.getClassLoader(), FOLDER + nameOrFile + ".conf", strict()),
                    nameOrFile);
        }
        Path file = Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            String hint = NearestKey.to(nameOrFile, NAMES)
                    .map("; did you mean %s?"::formatted)
                    .orElse("");
            throw RuntimeFailure.config("no such chat template: %s is neither a file nor one of %s%s"
                    .formatted(nameOrFile, String.join(", ", NAMES), hint));
        }
        try {
            return read(ConfigFactory.parseFile(file.toFile(), strict()), nameOrFile);
        } catch (ConfigException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "chat template %s is wrong: %s"
                            .formatted(
                                    file,
                                    String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    e);
        }
    }

    /** The template that goes with a tokenizer when nobody names one. */
    public static ChatTemplate fitting(Tokenizer tokenizer) {
        if (tokenizer instanceof ByteLevelTokenizer) {
            return open("plain");
        }
        List<String> tried = List.of("qwen2-chatml", "llama-3");
        return tried.stream()
                .map(ChatTemplate::open)
                .filter(template -> template.missing(tokenizer).isEmpty())
                .findFirst()
                .orElseThrow(() -> RuntimeFailure.config(
                        "no chat template fits %s by itself (it has neither the tokens of %s); set longreel.data.prompt.template"
                                .formatted(tokenizer.source(), String.join(" nor those of ", tried))));
    }

    private static ChatTemplate read(Config file, String name) {
        return new ChatTemplate(
                name,
                text(file, "begin"),
                text(file, "system"),
                file.hasPath("specials") ? file.getStringList("specials") : List.of(),
                around(file, "system-turn"),
                around(file, "user-turn"),
                around(file, "assistant-turn"),
                file.getString("answer-end"));
    }

    private static Around around(Config file, String key) {
        return new Around(text(file, key + ".before"), text(file, key + ".prefix"), text(file, key + ".after"));
    }

    private static String text(Config file, String key) {
        return file.hasPath(key) ? file.getString(key) : "";
    }

    private static ConfigParseOptions strict() {
        return ConfigParseOptions.defaults().setAllowMissing(false);
    }

    /** Tokens that the template needs and the tokenizer has not. */
    List<String> missing(Tokenizer tokenizer) {
        return specials.stream()
                .filter(token -> tokenizer.special(token).isEmpty())
                .toList();
    }

    /** Refuses a tokenizer that would take the template's special tokens apart. */
    public void requireTokens(Tokenizer tokenizer) {
        List<String> missing = missing(tokenizer);
        if (!missing.isEmpty()) {
            throw RuntimeFailure.config(
                    "tokenizer lacks tokens of the chat template %s: missing=%s tokenizer=%s; set longreel.data.prompt.template to one that fits"
                            .formatted(name, String.join(" ", missing), tokenizer.source()));
        }
    }

    ChatTemplate withSystem(Optional<String> message) {
        return new ChatTemplate(
                name, begin, message.orElse(system), specials, systemTurn, userTurn, assistantTurn, answerEnd);
    }

    Around around(Role role) {
        return switch (role) {
            case SYSTEM -> systemTurn;
            case USER -> userTurn;
            case ASSISTANT -> assistantTurn;
        };
    }

    /** The conversation with the system message that it is to have. */
    List<Turn> complete(List<Turn> turns) {
        boolean hasOwn = !turns.isEmpty() && turns.getFirst().role() == Role.SYSTEM;
        List<Turn> all = new ArrayList<>();
        if (!hasOwn && !system.isEmpty()) {
            all.add(new Turn(Role.SYSTEM, system));
        }
        boolean isEmptySystem = hasOwn && turns.getFirst().text().isEmpty();
        all.addAll(isEmptySystem ? turns.subList(1, turns.size()) : turns);
        return all;
    }
}
