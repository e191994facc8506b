package io.longreel.curriculum.text;

import io.longreel.config.ChatTemplateSettings.Around;
import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Conversations to ids and labels (specification 2.4 and 2.5). Labels come from what the template says is an answer, not from comparing texts: what is
 * learned is each answer and its end, token by token, whatever it contains. Text is tokenised in runs that are either learned or not, just as a prompt
 * and its answer are when the model speaks, and media cut runs apart. Messages cannot hold special tokens: their texts in a message stay text.
 * Immutable; any thread.
 */
public final class ChatEncoder {
    private static final int IGNORE = -100;

    private final Tokenizer tokenizer;
    private final ChatTemplate template;

    /** A stretch of text: the template's own, or somebody's message. */
    private record Piece(String text, boolean isMessage) {}

    private ChatEncoder(Tokenizer tokenizer, ChatTemplate template) {
        this.tokenizer = tokenizer;
        this.template = template;
    }

    /**
     * Checks that the two fit.
     *
     * @param system system message of conversations that have none; empty = the template's own
     */
    public static ChatEncoder of(Tokenizer tokenizer, ChatTemplate template, Optional<String> system) {
        template.requireTokens(tokenizer);
        return new ChatEncoder(tokenizer, template.withSystem(system));
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public ChatTemplate template() {
        return template;
    }

    /** Ids of plain text in which nothing is a special token. */
    public int[] plain(String text) {
        return encode(List.of(new Piece(text, true)));
    }

    /**
     * A whole conversation, answers learned.
     *
     * @param media ids of each medium; they stand in front of the first question
     */
    public ChatIds conversation(List<Turn> turns, List<int[]> media) {
        Writer writer = new Writer();
        write(writer, mediaFirst(turns, media));
        return writer.finish();
    }

    /** A conversation up to where the assistant speaks next; nothing is learned. */
    public ChatIds prompt(List<Turn> turns, List<int[]> media) {
        return prompt(mediaFirst(turns, media));
    }

    /** The same with media where they are shown. */
    public ChatIds prompt(List<MediaTurn> turns) {
        Writer writer = new Writer();
        write(writer, turns);
        writer.add(template.settings().assistantTurn().before(), false, false);
        return writer.finish();
    }

    /** What stands in front of the media of a conversation's first question. */
    int[] openingIds() {
        List<Piece> pieces = new ArrayList<>();
        pieces.add(new Piece(template.settings().begin(), false));
        if (!template.settings().system().isEmpty()) {
            Around around = template.around(Role.SYSTEM);
            pieces.add(new Piece(around.before() + around.prefix(), false));
            pieces.add(new Piece(template.settings().system(), true));
            pieces.add(new Piece(around.after(), false));
        }
        pieces.add(new Piece(template.settings().userTurn().before(), false));
        return encode(pieces);
    }

    /** A question and what leads to its answer. */
    int[] questionIds(String text) {
        Around user = template.settings().userTurn();
        return encode(List.of(
                new Piece(user.prefix(), false),
                new Piece(text, true),
                new Piece(user.after() + template.settings().assistantTurn().before(), false)));
    }

    /** An answer without its end. */
    int[] answerIds(String text) {
        return encode(List.of(new Piece(template.settings().assistantTurn().prefix(), false), new Piece(text, true)));
    }

    /** Media in front of the first question (specification 2.3). */
    private static List<MediaTurn> mediaFirst(List<Turn> turns, List<int[]> media) {
        List<MediaTurn> all = new ArrayList<>();
        boolean mediaPending = true;
        for (Turn turn : turns) {
            boolean isFirstQuestion = turn.role() == Role.USER && mediaPending;
            all.add(MediaTurn.of(turn, isFirstQuestion ? media : List.of()));
            mediaPending &= !isFirstQuestion;
        }
        return all;
    }

    private void write(Writer writer, List<MediaTurn> turns) {
        writer.add(template.settings().begin(), false, false);
        for (MediaTurn turn : template.complete(turns)) {
            Around around = template.around(turn.role());
            boolean learned = turn.role() == Role.ASSISTANT;
            writer.add(around.before(), false, false);
            // A prefix is the text's: media in front of the text stand in front of it, too.
            boolean prefixPending = true;
            for (MediaTurn.Part part : turn.parts()) {
                switch (part) {
                    case MediaTurn.Part.Shown shown -> writer.addMedium(shown.ids());
                    case MediaTurn.Part.Said said -> {
                        writer.add(prefixPending ? around.prefix() : "", false, learned);
                        prefixPending = false;
                        writer.add(said.text(), true, learned);
                    }
                }
            }
            writer.add(prefixPending ? around.prefix() : "", false, learned);
            if (learned) {
                writer.add(template.settings().answerEnd(), false, true);
            }
            writer.add(around.after(), false, false);
        }
    }

    /** Ids of neighbouring pieces; special tokens only where the template has them. */
    private int[] encode(List<Piece> pieces) {
        List<int[]> parts = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        for (Piece piece : pieces) {
            String rest = piece.text();
            int cut = piece.isMessage() ? firstSpecial(rest) : -1;
            while (cut >= 0) {
                // Cut behind its first character, so that neither side is the token.
                int end = rest.offsetByCodePoints(cut, 1);
                parts.add(tokenizer.encode(open.append(rest, 0, end).toString()));
                open.setLength(0);
                rest = rest.substring(end);
                cut = firstSpecial(rest);
            }
            open.append(rest);
        }
        if (!open.isEmpty()) {
            parts.add(tokenizer.encode(open.toString()));
        }
        return parts.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private int firstSpecial(String text) {
        return tokenizer.specials().stream()
                .mapToInt(text::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }

    /** Collects runs. */
    private final class Writer {
        private final IntStream.Builder ids = IntStream.builder();
        private final IntStream.Builder labels = IntStream.builder();
        private final List<Span> media = new ArrayList<>();
        private final List<Piece> run = new ArrayList<>();
        private boolean isRunLearned;
        private int length;

        private void add(String text, boolean isMessage, boolean learned) {
            if (text.isEmpty()) {
                return;
            }
            if (learned != isRunLearned) {
                flush();
                isRunLearned = learned;
            }
            run.add(new Piece(text, isMessage));
        }

        private void addMedium(int[] markers) {
            flush();
            media.add(new Span(length, length + markers.length));
            put(markers, false);
        }

        private void flush() {
            put(encode(run), isRunLearned);
            run.clear();
        }

        private void put(int[] tokens, boolean learned) {
            for (int id : tokens) {
                ids.add(id);
                labels.add(learned ? id : IGNORE);
            }
            length += tokens.length;
        }

        private ChatIds finish() {
            flush();
            return new ChatIds(ids.build().toArray(), labels.build().toArray(), media);
        }
    }
}
