package io.longreel.curriculum.text;

import io.longreel.config.RuntimeFailure;
import java.util.Optional;

/**
 * The ids around the parts of a sample that the program makes itself: what stands before the media, a question, an answer, an end. With a tokenizer file
 * they are those of its chat template, so that needle tests ask a model in the form that it knows. Immutable.
 */
public final class Wording {
    private final Tokenizer tokenizer;
    private final Optional<ChatEncoder> chat;
    private final int imageToken;
    private final int[] open;
    private final int[] end;

    private Wording(Tokenizer tokenizer, Optional<ChatEncoder> chat, int imageToken, int[] open, int[] end) {
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.imageToken = imageToken;
        this.open = open;
        this.end = end;
    }

    /** Bare bytes between a beginning and an end: what models of the program's own demonstrations speak. */
    public static Wording bytes() {
        return new Wording(
                new ByteLevelTokenizer(),
                Optional.empty(),
                ByteTokenizer.IMAGE,
                new int[] {ByteTokenizer.BEGIN},
                new int[] {ByteTokenizer.END});
    }

    /** As {@code chat} has it. */
    public static Wording of(ChatEncoder chat, int imageToken) {
        ChatTemplate template = chat.template();
        Tokenizer tokenizer = chat.tokenizer();
        int[] open = chat.openingIds();
        return new Wording(tokenizer, Optional.of(chat), imageToken, open, tokenizer.encode(template.answerEnd()));
    }

    /** Id that stands for a frame. */
    public int imageToken() {
        return imageToken;
    }

    /** What stands in front of the media of a question, or of a text. */
    public int[] open() {
        return open.clone();
    }

    /** A question and what leads to its answer. */
    public int[] question(String text) {
        return chat.map(encoder -> encoder.questionIds(text)).orElseGet(() -> tokenizer.encode(text));
    }

    public int[] answer(String text) {
        return chat.map(encoder -> encoder.answerIds(text)).orElseGet(() -> tokenizer.encode(text));
    }

    /** What stands behind an answer and is learned with it. */
    public int[] end() {
        return end.clone();
    }

    /** Ids of text. */
    public int[] text(String text) {
        return chat.map(encoder -> encoder.plain(text)).orElseGet(() -> tokenizer.encode(text));
    }

    /** The one token that answers with a digit. */
    public int digit(int digit) {
        int[] ids = answer(Integer.toString(digit));
        if (ids.length != 1) {
            throw RuntimeFailure.config(
                    "needle tests need a tokenizer and chat template in which an answer of one digit is one token: digit=%d tokens=%d tokenizer=%s"
                            .formatted(digit, ids.length, tokenizer.source()));
        }
        return ids[0];
    }
}
