package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.model.PackedBatch;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.kernels.LossKernels;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The blocks of a small sequence by hand: tokens 0-8 are one document, 9-12 another. */
class AttentionPlanTest {
    private static final int NONE = LossKernels.IGNORE;
    private static final SequenceLayout LAYOUT = SequenceLayout.of(
            new PackedBatch(
                    new int[13],
                    new int[] {1, 1, NONE, NONE, 1, NONE, NONE, 1, 1, 1, NONE, 1, NONE},
                    new int[] {0, 9, 13},
                    99,
                    new SyntheticFrames(0, 1)),
            1);

    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final TokenShards SHARDS = TokenShards.of(Layout.CONTIGUOUS, 13, MESH);
    private static final HeadShards HEADS = new HeadShards(4, 2, 2);

    private static AttentionPlan plan(AttentionMask mask, int ring) {
        return AttentionPlan.of(LAYOUT, mask, SHARDS, HEADS, ring, 1);
    }

    @Test
    void shouldSeeOwnAndEarlierTokensOfTheDocumentWhenCausal() {
        // ring rank 0 owns tokens 0-6, ring rank 1 tokens 7-12
        AttentionPlan late = plan(AttentionMask.causal(), 1);
        assertBlock(late.blocks(0), new Span(0, 7), new int[] {0, 0, 0, 0, 0, 0}, new int[] {7, 7, 0, 0, 0, 0});
        assertBlock(late.blocks(1), new Span(0, 6), new int[] {0, 0, 2, 2, 2, 2}, new int[] {1, 2, 3, 4, 5, 6});
        assertEquals(14 + 3 + 10, late.pairs());
        AttentionPlan early = plan(AttentionMask.causal(), 0);
        assertEquals(List.of(), early.blocks(1));
        assertEquals(28, early.pairs());
    }

    @Test
    void shouldHoldOnlyTheRowsThatSomeQuerySees() {
        AttentionPlan plan = plan(AttentionMask.causal().withWindow(2, 0), 1);
        assertBlock(plan.blocks(0), new Span(5, 7), new int[] {0, 1, 0, 0, 0, 0}, new int[] {2, 2, 0, 0, 0, 0});
        assertBlock(plan.blocks(1), new Span(0, 6), new int[] {0, 0, 2, 2, 2, 3}, new int[] {1, 2, 3, 4, 5, 6});
    }

    /** Zigzag gives ring rank 0 tokens 0-3 and 10-12: one of its queries sees the token before it on the other, those around it nothing there. */
    @Test
    void shouldLeaveOutRowsBesidesThoseThatAreSeen() {
        Mesh mesh = new Mesh(1, 2, 1);
        AttentionPlan plan = AttentionPlan.of(
                LAYOUT,
                AttentionMask.causal().withWindow(1, 0),
                TokenShards.of(Layout.ZIGZAG, 13, mesh),
                new HeadShards(4, 2, 1),
                0,
                0);
        assertBlock(plan.blocks(1), new Span(5, 6), new int[] {0, 0, 0, 0, 0, 0, 0}, new int[] {0, 0, 0, 0, 1, 0, 0});
    }

    @Test
    void shouldCountRowsOfEveryMember() {
        AttentionPlan plan = plan(AttentionMask.causal(), 0);
        assertEquals(4, plan.queryRows(0));
        assertEquals(3, plan.queryRows(1));
        assertEquals(7, plan.groupQueryRows());
        assertEquals(4, plan.keyRows(0));
        assertEquals(3, plan.keyRows(1));
        assertEquals(7, plan.blockRows(0));
        assertEquals(6, plan.blockRows(1));
        assertEquals(7, plan.blockRowsMax());
        assertEquals(0, plan.ring());
        assertEquals(1, plan.ulysses());
        assertEquals(2, plan.ringDegree());
        assertEquals(2, plan.ulyssesDegree());
        assertSame(HEADS, plan.heads());
    }

    @Test
    void shouldAskOnlyForLabelledTokensWhenToldSo() {
        // labels are shifted: token t has a label when token t + 1 of its document counts
        assertArrayEquals(new int[] {0, 3, 6, 7, 10}, AttentionPlan.labelledTokens(LAYOUT, allTokens()));
        AttentionPlan plan = AttentionPlan.ofLabelled(LAYOUT, AttentionMask.causal(), SHARDS, HEADS, 0, 0);
        assertEquals(2, plan.queryRows(0));
        assertEquals(1, plan.queryRows(1));
        assertEquals(3, plan.groupQueryRows());
        assertEquals(4, plan.keyRows(0));
        assertBlock(plan.blocks(0), new Span(0, 7), new int[] {0, 0, 0}, new int[] {1, 4, 7});
    }

    private static int[] allTokens() {
        int[] tokens = new int[13];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = i;
        }
        return tokens;
    }

    private static void assertBlock(List<AttentionPlan.Block> blocks, Span rows, int[] from, int[] to) {
        assertEquals(1, blocks.size());
        assertEquals(rows, blocks.getFirst().rows());
        assertArrayEquals(from, blocks.getFirst().ranges().from());
        assertArrayEquals(to, blocks.getFirst().ranges().to());
    }
}
