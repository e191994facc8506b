package io.longreel.curriculum.text;

import io.longreel.config.ChatTemplateSettings;
import io.longreel.config.ChatTemplateSettings.Around;
import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What stands around the messages of a conversation, and which tokenizers can say it. Immutable. */
public record ChatTemplate(ChatTemplateSettings settings) {
    /** Templates that come with the program. */
    public static final List<String> NAMES = ChatTemplateSettings.NAMES;

    static final String BARE = "bytes without a template";

    /** Opens a template by its name, or the path of its file. */
    public static ChatTemplate open(String nameOrFile) {
        return new ChatTemplate(ChatTemplateSettings.read(nameOrFile));
    }

    /** The form of {@link Wording#bytes()} as a template: nothing stands around messages, but a beginning, and an end behind each answer. */
    static ChatTemplate bare() {
        Around nothing = new Around("", "", "");
        return new ChatTemplate(new ChatTemplateSettings(
                BARE, "<|begin|>", "", List.of("<|begin|>", "<|end|>"), nothing, nothing, nothing, "<|end|>"));
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
                        "no chat template fits %s by itself (it has neither the tokens of %s); set longreel.data.prompt.template, or --template of a command"
                                .formatted(tokenizer.source(), String.join(" nor those of ", tried))));
    }

    public String name() {
        return settings.name();
    }

    /** Tokens that the template needs and the tokenizer has not. */
    List<String> missing(Tokenizer tokenizer) {
        return settings.specials().stream()
                .filter(token -> tokenizer.special(token).isEmpty())
                .toList();
    }

    /** Refuses a tokenizer that would take the template's special tokens apart. */
    public void requireTokens(Tokenizer tokenizer) {
        List<String> missing = missing(tokenizer);
        if (!missing.isEmpty()) {
            throw RuntimeFailure.config(
                    "tokenizer lacks tokens of the chat template %s: missing=%s tokenizer=%s; set longreel.data.prompt.template to one that fits"
                            .formatted(name(), String.join(" ", missing), tokenizer.source()));
        }
    }

    /** With another system message for conversations that have none; empty = the template's own. */
    ChatTemplate withSystem(Optional<String> message) {
        return message.map(settings::withSystem).map(ChatTemplate::new).orElse(this);
    }

    Around around(Role role) {
        return switch (role) {
            case SYSTEM -> settings.systemTurn();
            case USER -> settings.userTurn();
            case ASSISTANT -> settings.assistantTurn();
        };
    }

    /** The conversation with the system message that it is to have. */
    List<MediaTurn> complete(List<MediaTurn> turns) {
        boolean hasOwn = !turns.isEmpty() && turns.getFirst().role() == Role.SYSTEM;
        List<MediaTurn> all = new ArrayList<>();
        if (!hasOwn && !settings.system().isEmpty()) {
            all.add(MediaTurn.of(new Turn(Role.SYSTEM, settings.system()), List.of()));
        }
        boolean isEmptySystem = hasOwn && turns.getFirst().isEmpty();
        all.addAll(isEmptySystem ? turns.subList(1, turns.size()) : turns);
        return all;
    }
}
