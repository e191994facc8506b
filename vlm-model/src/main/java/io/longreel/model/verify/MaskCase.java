package io.longreel.model.verify;

import io.longreel.model.attention.AttentionMask;
import io.longreel.model.attention.AttentionMask.Base;
import io.longreel.model.attention.AttentionMask.BlockPattern;
import java.util.List;

/**
 * A mask twice: as the product takes it, and as a rule about pairs that was written without it.
 *
 * @param reach keys that a query sees at most, for estimates of cost
 * @param rule whole, documents included
 */
record MaskCase(String name, int reach, AttentionMask mask, PairRule rule) {
    private static final int ALL = Integer.MAX_VALUE;

    /** Masks for long sequences: those of the public tests, and combinations that those have not. */
    static List<MaskCase> forGrid() {
        return List.of(
                window(5, 0),
                window(20, 0),
                window(128, 0),
                window(512, 0),
                sinksAndWindow(4, 128),
                fullWindow(512, 512),
                strided(64, 2, 4),
                scattered(32),
                everything(4, 128, 32),
                prefix(),
                causal(),
                full());
    }

    /** The same kinds with sizes that matter in a few hundred tokens. */
    static List<MaskCase> forCoverage() {
        return List.of(
                causal(),
                full(),
                prefix(),
                window(5, 0),
                window(20, 0),
                fullWindow(7, 3),
                sinksAndWindow(2, 5),
                strided(5, 2, 3),
                scattered(4),
                everything(3, 40, 6));
    }

    static MaskCase causal() {
        return of("causal", ALL, AttentionMask.causal(), PairRule.causal());
    }

    static MaskCase full() {
        return of("full", ALL, AttentionMask.of(Base.FULL), (s, q, k) -> true);
    }

    /** Text looks back; an image or video looks at all of itself as well. */
    static MaskCase prefix() {
        return of(
                "prefix-lm",
                ALL,
                AttentionMask.of(Base.PREFIX_LM),
                PairRule.causal().or(PairRule.sameMedium()));
    }

    static MaskCase window(int back, int ahead) {
        return of(
                "window(%d,%d)".formatted(back, ahead),
                back + 1,
                AttentionMask.causal().withWindow(back, ahead),
                PairRule.causal().and(PairRule.window(back, ahead)));
    }

    static MaskCase fullWindow(int back, int ahead) {
        return of(
                "window(%d,%d)".formatted(back, ahead),
                back + ahead + 1,
                AttentionMask.of(Base.FULL).withWindow(back, ahead),
                PairRule.window(back, ahead));
    }

    static MaskCase sinksAndWindow(int sinks, int back) {
        return of(
                "sinks(%d)+window(%d,0)".formatted(sinks, back),
                sinks + back + 1,
                AttentionMask.causal().withWindow(back, 0).withSinks(sinks),
                PairRule.causal().and(PairRule.sinks(sinks).or(PairRule.window(back, 0))));
    }

    /** The last blocks, and every so-manieth. */
    static MaskCase strided(int block, int local, int stride) {
        return of(
                "blocks(%d,%d,%d)".formatted(block, local, stride),
                ALL,
                AttentionMask.causal().withBlocks(BlockPattern.strided(block, local, stride)),
                PairRule.causal().and((s, q, k) -> {
                    int back = s.positionOf()[q] / block - s.positionOf()[k] / block;
                    return back < local || (s.positionOf()[k] / block + 1) % stride == 0;
                }));
    }

    /** Blocks at random, ahead and back; about half of them. */
    static MaskCase scattered(int block) {
        return of(
                "random-blocks(%d)".formatted(block),
                ALL,
                AttentionMask.of(Base.FULL).withBlocks(new ScatteredBlocks(block)),
                (s, q, k) -> ScatteredBlocks.drawn(s.positionOf()[q] / block, s.positionOf()[k] / block));
    }

    /** Prefix, window, sinks and blocks at once. */
    static MaskCase everything(int sinks, int window, int block) {
        return of(
                "prefix-lm+window+sinks+blocks",
                sinks + 2 * window + 1,
                AttentionMask.of(Base.PREFIX_LM)
                        .withWindow(window, window)
                        .withSinks(sinks)
                        .withBlocks(new ScatteredBlocks(block)),
                PairRule.causal()
                        .or(PairRule.sameMedium())
                        .and(PairRule.sinks(sinks).or(PairRule.window(window, window)))
                        .and((s, q, k) -> ScatteredBlocks.drawn(s.positionOf()[q] / block, s.positionOf()[k] / block)));
    }

    private static MaskCase of(String name, int reach, AttentionMask mask, PairRule rule) {
        return new MaskCase(name, reach, mask, PairRule.document().and(rule));
    }

    /** About the pairs that the mask allows in documents of these lengths, never much fewer. */
    double estimatedPairs(int[] documents) {
        double pairs = 0;
        for (int length : documents) {
            pairs += (double) length * Math.min(reach, mask.base() == Base.FULL ? length : (length + 1) / 2);
        }
        return pairs;
    }

    @Override
    public String toString() {
        return name;
    }

    /** Every second block or so, the same ones always. */
    private record ScatteredBlocks(int blockTokens) implements BlockPattern {
        @Override
        public boolean visible(int queryBlock, int keyBlock) {
            return drawn(queryBlock, keyBlock);
        }

        static boolean drawn(int queryBlock, int keyBlock) {
            int mixed = (queryBlock * 0x9E3779B1 ^ keyBlock) * 0x85EBCA6B;
            return (mixed >>> 16 & 1) == 0;
        }
    }
}
