package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.AttentionSettings;
import io.longreel.model.PackedBatch;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.attention.AttentionMask.Base;
import io.longreel.model.attention.AttentionMask.BlockPattern;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.ops.kernels.KeyRanges;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a token sees under each mask: by hand on a small packed sequence, and by the pairwise rule on all combinations. */
class AttentionMaskTest {
    private static final int IMAGE = 9;

    /** Tokens 0-8: text 0, a video of tokens 1-4, text 5, an image of tokens 6-7, text 8; tokens 9-11: a second document. */
    private static final SequenceLayout LAYOUT = SequenceLayout.of(
            new PackedBatch(
                    new int[] {1, IMAGE, IMAGE, 2, IMAGE, 3, 4, 5, 6},
                    new int[9],
                    new int[] {0, 6, 9},
                    IMAGE,
                    new SyntheticFrames(3, 1)),
            2);

    @Test
    void shouldStayWithinTheDocument() {
        assertSees(AttentionMask.causal(), 5, 0, 6);
        assertSees(AttentionMask.causal(), 9, 9, 10);
        assertSees(AttentionMask.causal(), 11, 9, 12);
        assertSees(AttentionMask.of(Base.FULL), 2, 0, 9);
        assertSees(AttentionMask.of(Base.FULL), 10, 9, 12);
    }

    @Test
    void shouldSeeTheWholeMediumWhenPrefixLm() {
        AttentionMask mask = AttentionMask.of(Base.PREFIX_LM);
        assertSees(mask, 0, 0, 1);
        assertSees(mask, 1, 0, 5);
        assertSees(mask, 4, 0, 5);
        assertSees(mask, 5, 0, 6);
        assertSees(mask, 6, 0, 8);
        assertSees(mask, 8, 0, 9);
    }

    @Test
    void shouldEndAtTheWindow() {
        assertSees(AttentionMask.causal().withWindow(2, 0), 7, 5, 8);
        assertSees(AttentionMask.causal().withWindow(0, 0), 7, 7, 8);
        assertSees(AttentionMask.causal().withWindow(2, 0), 10, 9, 11);
        assertSees(AttentionMask.of(Base.FULL).withWindow(2, 1), 4, 2, 6);
        assertSees(AttentionMask.of(Base.FULL).withWindow(AttentionMask.UNBOUNDED, 1), 4, 0, 6);
        assertSees(AttentionMask.of(Base.FULL).withWindow(1, AttentionMask.UNBOUNDED), 4, 3, 9);
        assertSees(AttentionMask.of(Base.FULL).withWindow(Integer.MAX_VALUE, Integer.MAX_VALUE), 4, 0, 9);
    }

    @Test
    void shouldKeepSinksBeyondTheWindow() {
        AttentionMask mask = AttentionMask.causal().withWindow(1, 0).withSinks(2);
        assertSees(mask, 7, 0, 2, 6, 8);
        assertSees(mask, 3, 0, 4);
        assertSees(mask, 2, 0, 3);
        assertSees(mask, 0, 0, 1);
        assertSees(mask, 11, 9, 12);
        assertSees(AttentionMask.of(Base.FULL).withWindow(0, 0).withSinks(3), 0, 0, 3);
        assertSees(AttentionMask.causal().withWindow(0, 0).withSinks(Integer.MAX_VALUE), 11, 9, 12);
    }

    @Test
    void shouldSeeVisibleBlocksOnly() {
        AttentionMask mask = AttentionMask.causal().withBlocks(BlockPattern.strided(2, 1, 3));
        // blocks of the first document: {0,1} {2,3} {4,5} {6,7} {8}; every third, {4,5}, is seen by all behind it
        assertSees(mask, 3, 2, 4);
        assertSees(mask, 7, 4, 8);
        assertSees(mask, 8, 4, 6, 8, 9);
        // the second document has blocks of its own
        assertSees(mask, 9, 9, 10);
        assertSees(mask, 11, 11, 12);
    }

    @Test
    void shouldSeeNothingWhereThePatternSaysSo() {
        BlockPattern nothing = new BlockPattern() {
            @Override
            public int blockTokens() {
                return 3;
            }

            @Override
            public boolean visible(int queryBlock, int keyBlock) {
                return false;
            }
        };
        AttentionMask mask = AttentionMask.causal().withBlocks(nothing);
        assertSees(mask, 8);
        assertTrue(mask.passes(LAYOUT, new int[] {0, 5, 8}).isEmpty());
    }

    @Test
    void shouldPassEachIntervalOnce() {
        AttentionMask mask = AttentionMask.causal().withWindow(1, 0).withSinks(2);
        List<KeyRanges> passes = mask.passes(LAYOUT, new int[] {3, 7, 11});
        assertEquals(2, passes.size());
        assertArrayEquals(new int[] {0, 0, 9}, passes.getFirst().from());
        assertArrayEquals(new int[] {4, 2, 12}, passes.getFirst().to());
        assertArrayEquals(new int[] {0, 6, 0}, passes.getLast().from());
        assertArrayEquals(new int[] {0, 8, 0}, passes.getLast().to());
    }

    @Test
    void shouldEqualThePairwiseRuleInEveryCombination() {
        int[] windows = {AttentionMask.UNBOUNDED, 0, 1, 3, 20};
        for (Base base : Base.values()) {
            for (int left : windows) {
                for (int right : windows) {
                    for (int sinks : new int[] {0, 1, 4, 30}) {
                        AttentionMask mask =
                                AttentionMask.of(base).withWindow(left, right).withSinks(sinks);
                        assertPairs(mask);
                        assertPairs(mask.withBlocks(BlockPattern.strided(1, 2, 4)));
                        assertPairs(mask.withBlocks(BlockPattern.strided(3, 1, 2)));
                    }
                }
            }
        }
    }

    @Test
    void shouldReadTheConfiguration() {
        AttentionSettings settings = new AttentionSettings(
                AttentionSettings.Mask.PREFIX_LM,
                OptionalInt.of(5),
                2,
                Optional.of(new AttentionSettings.BlockSparse(4, 2, 3)));
        AttentionMask mask = AttentionMask.of(settings);
        assertEquals(Base.PREFIX_LM, mask.base());
        assertEquals(5, mask.windowLeft());
        assertEquals(AttentionMask.UNBOUNDED, mask.windowRight());
        assertEquals(2, mask.sinks());
        BlockPattern pattern = mask.blockPattern().orElseThrow();
        assertEquals(4, pattern.blockTokens());
        assertTrue(pattern.visible(5, 4));
        assertFalse(pattern.visible(5, 3));
        assertTrue(pattern.visible(5, 2));
        assertTrue(BlockPattern.strided(1, 1, 1).visible(7, 2));
        AttentionSettings plain =
                new AttentionSettings(AttentionSettings.Mask.FULL, OptionalInt.empty(), 0, Optional.empty());
        assertEquals(AttentionMask.of(Base.FULL), AttentionMask.of(plain));
    }

    @Test
    void shouldRefuseSizesThatMeanNothing() {
        assertThrows(
                IllegalArgumentException.class, () -> AttentionMask.causal().withWindow(-2, 0));
        assertThrows(
                IllegalArgumentException.class, () -> AttentionMask.causal().withWindow(0, -2));
        assertThrows(
                IllegalArgumentException.class, () -> AttentionMask.causal().withSinks(-1));
        assertThrows(IllegalArgumentException.class, () -> BlockPattern.strided(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> BlockPattern.strided(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> BlockPattern.strided(1, 1, 0));
    }

    private static void assertSees(AttentionMask mask, int query, int... intervals) {
        assertArrayEquals(intervals, mask.intervals(LAYOUT, query));
    }

    private static void assertPairs(AttentionMask mask) {
        for (int query = 0; query < LAYOUT.tokens(); query++) {
            int[] intervals = mask.intervals(LAYOUT, query);
            boolean[] seen = new boolean[LAYOUT.tokens()];
            for (int i = 0; i < intervals.length; i += 2) {
                assertTrue(intervals[i] < intervals[i + 1], () -> "empty interval: " + mask);
                assertTrue(i == 0 || intervals[i - 1] < intervals[i], () -> "touching intervals: " + mask);
                for (int key = intervals[i]; key < intervals[i + 1]; key++) {
                    seen[key] = true;
                }
            }
            for (int key = 0; key < LAYOUT.tokens(); key++) {
                int q = query;
                int k = key;
                assertEquals(visible(mask, query, key), seen[key], () -> "%s query=%d key=%d".formatted(mask, q, k));
            }
        }
    }

    /** The rule, pair by pair. */
    private static boolean visible(AttentionMask mask, int query, int key) {
        int start = query < 9 ? 0 : 9;
        boolean sameDocument = (query < 9) == (key < 9);
        boolean sameMedium = (inside(query, 1, 5) && inside(key, 1, 5)) || (inside(query, 6, 8) && inside(key, 6, 8));
        boolean base = switch (mask.base()) {
            case CAUSAL -> key <= query;
            case FULL -> true;
            case PREFIX_LM -> key <= query || sameMedium;
        };
        boolean left = mask.windowLeft() == AttentionMask.UNBOUNDED || query - key <= mask.windowLeft();
        boolean right = mask.windowRight() == AttentionMask.UNBOUNDED || key - query <= mask.windowRight();
        boolean sink = key - start < mask.sinks();
        boolean block = mask.blockPattern()
                .map(p -> p.visible((query - start) / p.blockTokens(), (key - start) / p.blockTokens()))
                .orElse(true);
        return sameDocument && base && ((left && right) || sink) && block;
    }

    private static boolean inside(int token, int from, int to) {
        return token >= from && token < to;
    }
}
