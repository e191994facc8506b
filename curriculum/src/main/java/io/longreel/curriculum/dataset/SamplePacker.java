package io.longreel.curriculum.dataset;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs samples into sequences, each into the first that has room for it once frames have become tokens: samples move as little as a good filling
 * allows. Nothing is cut or padded: a sample that is too long by itself is an error of the configuration.
 */
public final class SamplePacker {
    private SamplePacker() {}

    /**
     * @param contextTokensMax longest sequence after expansion
     * @param where stage and step, for the message
     */
    public static List<PackedBatch> pack(List<Sample> samples, int tokensPerFrame, int contextTokensMax, String where) {
        List<Sequence> sequences = new ArrayList<>();
        for (Sample sample : samples) {
            long tokens = sample.expandedTokens(tokensPerFrame);
            if (tokens > contextTokensMax) {
                throw RuntimeFailure.config(
                        "a sample of %s has %d tokens (%d frames of %d) and the stage's context ends at %d; raise context-tokens-max or shorten its samples"
                                .formatted(
                                        where, tokens, sample.frames().frameCount(), tokensPerFrame, contextTokensMax));
            }
            Sequence roomy = sequences.stream()
                    .filter(sequence -> sequence.tokens + tokens <= contextTokensMax)
                    .findFirst()
                    .orElse(null);
            if (roomy == null) {
                roomy = new Sequence();
                sequences.add(roomy);
            }
            roomy.samples.add(sample);
            roomy.tokens += tokens;
        }
        return sequences.stream().map(sequence -> join(sequence.samples)).toList();
    }

    /** A sequence that is being filled. */
    private static final class Sequence {
        private final List<Sample> samples = new ArrayList<>();
        private long tokens;
    }

    /** One sequence of these documents. */
    static PackedBatch join(List<Sample> samples) {
        int[] cuSeqlens = new int[samples.size() + 1];
        for (int i = 0; i < samples.size(); i++) {
            cuSeqlens[i + 1] = cuSeqlens[i] + samples.get(i).ids().length;
        }
        int[] ids = new int[cuSeqlens[samples.size()]];
        int[] labels = new int[ids.length];
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            System.arraycopy(sample.ids(), 0, ids, cuSeqlens[i], sample.ids().length);
            System.arraycopy(sample.labels(), 0, labels, cuSeqlens[i], sample.labels().length);
        }
        List<PreparedFrames> frames = samples.stream()
                .flatMap(sample -> sample.prepared().stream())
                .map(PreparedFrames.class::cast)
                .toList();
        List<Span> media = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            int start = cuSeqlens[i];
            samples.get(i).media().forEach(span -> media.add(new Span(start + span.from(), start + span.to())));
        }
        return new PackedBatch(
                ids, labels, cuSeqlens, samples.getFirst().imageToken(), FrameSequence.of(frames), media);
    }
}
