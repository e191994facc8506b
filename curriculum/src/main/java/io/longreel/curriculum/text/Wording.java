package io.longreel.curriculum.text;

import io.longreel.config.RuntimeFailure;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The ids around the parts of a sample that the program makes itself: what stands before the media, a question, an answer, an end. With a tokenizer file
 * they are those of its chat template, so that needle tests ask a model in the form that it knows. Immutable.
 */
public final class Wording {
    /** What models of the field put behind a document; the first that the tokenizer has. */
    private static final List<String> DOCUMENT_ENDS = List.of("<|endoftext|>", "<|end_of_text|>", "</s>");

    private final Tokenizer tokenizer;
    private final Optional<ChatEncoder> chat;
    private final int imageToken;
    private final int[] open;
    private final int[] end;
    private final int[] documentEnd;

    private Wording(
            Tokenizer tokenizer, Optional<ChatEncoder> chat, int imageToken, int[] open, int[] end, int[] documentEnd) {
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.imageToken = imageToken;
        this.open = open;
        this.end = end;
        this.documentEnd = documentEnd;
    }

    /** Bare bytes between a beginning and an end: what models of the program's own demonstrations speak. */
    public static Wording bytes() {
        return new Wording(
                new ByteLevelTokenizer(),
                Optional.empty(),
                ByteTokenizer.IMAGE,
                new int[] {ByteTokenizer.BEGIN},
                new int[] {ByteTokenizer.END},
                new int[] {ByteTokenizer.END});
    }

    /** As {@code chat} has it. */
    public static Wording of(ChatEncoder chat, int imageToken) {
        ChatTemplate template = chat.template();
        Tokenizer tokenizer = chat.tokenizer();
        int[] end = tokenizer.encode(template.settings().answerEnd());
        int[] documentEnd = DOCUMENT_ENDS.stream()
                .filter(token -> tokenizer.special(token).isPresent())
                .findFirst()
                .map(tokenizer::encode)
                .orElse(end);
        return new Wording(tokenizer, Optional.of(chat), imageToken, chat.openingIds(), end, documentEnd);
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

    /** A document with its beginning and end. */
    public int[] document(String text) {
        int[] ids = text(text);
        int[] first = chat.isPresent() ? new int[0] : open;
        return Stream.of(first, ids, documentEnd).flatMapToInt(IntStream::of).toArray();
    }

    /** Ids of text, in which nothing is a special token. */
    public int[] text(String text) {
        return chat.map(encoder -> encoder.plain(text)).orElseGet(() -> ByteTokenizer.encode(text));
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
