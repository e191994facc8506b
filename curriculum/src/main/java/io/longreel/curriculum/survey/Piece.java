package io.longreel.curriculum.survey;

import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.text.Tokenizer;
import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * A stretch of a sample.
 *
 * @param text what its tokens say, special ones by their names; empty for a medium
 * @param frames of a medium; 0 for text
 * @param tokens that it has in the sequence
 * @param learned whether the model has to predict it
 */
public record Piece(String text, int frames, long tokens, boolean learned) {

    /** The stretches of a sample, in order: media, and text that is learned or not. */
    public static List<Piece> of(Sample sample, Tokenizer tokenizer, int tokensPerFrame) {
        Map<Integer, String> specials = new HashMap<>();
        tokenizer.specials().forEach(text -> tokenizer.special(text).ifPresent(id -> specials.put(id, text)));
        List<Piece> pieces = new ArrayList<>();
        Iterator<Span> media = sample.media().iterator();
        int at = 0;
        while (at < sample.ids().length) {
            Span medium = media.hasNext() ? media.next() : new Span(sample.ids().length, sample.ids().length);
            while (at < medium.from()) {
                int end = runEnd(sample, at, medium.from());
                int[] ids = Arrays.copyOfRange(sample.ids(), at, end);
                pieces.add(new Piece(text(ids, tokenizer, specials), 0, ids.length, isLearned(sample, at)));
                at = end;
            }
            if (medium.size() > 0) {
                pieces.add(medium(sample, medium, tokensPerFrame));
                at = medium.to();
            }
        }
        return pieces;
    }

    /** Tokens of a sample that count in the loss: the first of a document never does. */
    public static int learnedTokens(Sample sample) {
        int learned = 0;
        for (int i = 0; i < sample.ids().length; i++) {
            learned += isLearned(sample, i) ? 1 : 0;
        }
        return learned;
    }

    private static boolean isLearned(Sample sample, int token) {
        return token > 0 && sample.labels()[token] != Sample.IGNORE;
    }

    private static int runEnd(Sample sample, int from, int limit) {
        int end = from + 1;
        while (end < limit && isLearned(sample, end) == isLearned(sample, from)) {
            end++;
        }
        return end;
    }

    private static Piece medium(Sample sample, Span medium, int tokensPerFrame) {
        int frames = 0;
        for (int i = medium.from(); i < medium.to(); i++) {
            frames += sample.ids()[i] == sample.imageToken() ? 1 : 0;
        }
        return new Piece("", frames, medium.size() + (long) frames * (tokensPerFrame - 1), false);
    }

    /** Tokenizers leave special tokens out, and know nothing of ids beyond theirs. */
    private static String text(int[] ids, Tokenizer tokenizer, Map<Integer, String> specials) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 0; i <= ids.length; i++) {
            String special = i == ids.length ? "" : nameOf(ids[i], tokenizer, specials);
            if (i == ids.length || !special.isEmpty()) {
                text.append(tokenizer.decode(Arrays.copyOfRange(ids, from, i))).append(special);
                from = i + 1;
            }
        }
        return text.toString();
    }

    private static String nameOf(int id, Tokenizer tokenizer, Map<Integer, String> specials) {
        String unknown = id < tokenizer.size() ? "" : "<token %d>".formatted(id);
        return specials.getOrDefault(id, unknown);
    }
}
