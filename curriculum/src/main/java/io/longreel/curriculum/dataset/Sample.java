package io.longreel.curriculum.dataset;

import io.longreel.model.FrameSource;
import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One document: ids with one image marker per frame, and labels on what is to be learned.
 *
 * @param labels as long as {@code ids}, not shifted; {@link #IGNORE} does not count
 * @param imageToken the marker
 * @param media the ids of each medium: its markers, and what stands between and behind them
 * @param prepared the frames; empty = text only
 */
public record Sample(
        int[] ids, int[] labels, int imageToken, List<Span> media, Optional<? extends PreparedFrames> prepared) {
    /** Label of a token that nobody has to predict. */
    public static final int IGNORE = -100;

    public Sample {
        media = List.copyOf(media);
    }

    /** A sample whose last {@code answerTokens} ids are to be learned, with one video at most, whose markers stand together. */
    static Sample of(int[] ids, int answerTokens, int imageToken, Optional<? extends PreparedFrames> video) {
        int[] labels = new int[ids.length];
        int answerStart = ids.length - answerTokens;
        Arrays.fill(labels, 0, answerStart, IGNORE);
        System.arraycopy(ids, answerStart, labels, answerStart, answerTokens);
        List<Span> media = new ArrayList<>();
        int from = 0;
        while (from < ids.length && ids[from] != imageToken) {
            from++;
        }
        int to = from;
        while (to < ids.length && ids[to] == imageToken) {
            to++;
        }
        if (to > from) {
            media.add(new Span(from, to));
        }
        return new Sample(ids, labels, imageToken, media, video);
    }

    public FrameSource frames() {
        return prepared.isPresent() ? prepared.get() : FrameSource.NONE;
    }

    /** Length in the packed sequence, where each image marker has become {@code tokensPerFrame} tokens. */
    public long expandedTokens(int tokensPerFrame) {
        return ids.length + (long) frames().frameCount() * (tokensPerFrame - 1);
    }
}
