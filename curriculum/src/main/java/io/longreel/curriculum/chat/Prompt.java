package io.longreel.curriculum.chat;

import io.longreel.curriculum.media.MediaFrames;
import io.longreel.curriculum.media.MediumView;
import io.longreel.model.shard.Span;
import java.util.List;

/**
 * What a model reads of a question, up to where it speaks. Other processes make the frames of the same {@code media} by {@link PromptEncoder#frames}.
 *
 * @param ids with a marker for each frame
 * @param spans the ids of each medium: its markers, and what stands behind them
 * @param media what is shown, and how it is looked at, in the order of their frames
 * @param frames of all media, decoded when they are read
 * @param stopIds tokens at which the answer ends; they are not part of it
 * @param stopTexts texts likewise
 */
public record Prompt(
        int[] ids,
        List<Span> spans,
        List<MediumView> media,
        MediaFrames frames,
        int[] stopIds,
        List<String> stopTexts) {
    public Prompt {
        spans = List.copyOf(spans);
        media = List.copyOf(media);
        stopTexts = List.copyOf(stopTexts);
    }

    /** Length, where each marker has become {@code tokensPerFrame} tokens. */
    public long tokens(int tokensPerFrame) {
        return ids.length + (long) frames.frameCount() * (tokensPerFrame - 1);
    }

    /** Refuses, with category DATA, a question that leaves no room for an answer. */
    void requireRoom(int tokensPerFrame, int contextTokensMax) {
        long tokens = tokens(tokensPerFrame);
        if (tokens < contextTokensMax) {
            return;
        }
        int frameCount = frames.frameCount();
        throw new PromptTooLong(
                "the question has %d tokens (%d frames of %d, and %d around them and of text) and the model's context ends at %d, answer included; %s"
                        .formatted(
                                tokens,
                                frameCount,
                                tokensPerFrame,
                                ids.length - frameCount,
                                contextTokensMax,
                                frameCount > 0
                                        ? "take fewer frames of each video, or shorten the conversation"
                                        : "shorten it"));
    }
}
