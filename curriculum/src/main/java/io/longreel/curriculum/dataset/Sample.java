package io.longreel.curriculum.dataset;

import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.model.FrameSource;
import java.util.Arrays;
import java.util.Optional;

/**
 * One document: ids with one image marker per frame, and labels on its last tokens only. A sample is at most one video.
 *
 * @param labels as long as {@code ids}, not shifted; {@link #IGNORE} does not count
 */
public record Sample(int[] ids, int[] labels, Optional<VideoFrames> video) {
    /** Label of a token that nobody has to predict. */
    public static final int IGNORE = -100;

    /** A sample whose last {@code answerTokens} ids are to be learned. */
    static Sample of(int[] ids, int answerTokens, Optional<VideoFrames> video) {
        int[] labels = new int[ids.length];
        int answerStart = ids.length - answerTokens;
        Arrays.fill(labels, 0, answerStart, IGNORE);
        System.arraycopy(ids, answerStart, labels, answerStart, answerTokens);
        return new Sample(ids, labels, video);
    }

    public FrameSource frames() {
        return video.isPresent() ? video.get() : FrameSource.NONE;
    }

    /** Length in the packed sequence, where each image marker has become {@code tokensPerFrame} tokens. */
    public long expandedTokens(int tokensPerFrame) {
        long markers =
                Arrays.stream(ids).filter(id -> id == ByteTokenizer.IMAGE).count();
        return ids.length + markers * (tokensPerFrame - 1);
    }
}
