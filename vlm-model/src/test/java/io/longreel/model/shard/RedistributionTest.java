package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.model.PackedBatch;
import io.longreel.model.RankRuns;
import io.longreel.model.SyntheticFrames;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Which rows go where, by hand, and that they arrive, with their gradients back home. */
class RedistributionTest {
    private static final int IMAGE = 9;
    private static final int WIDTH = 3;

    /** Tokens: text 0, frames 0 and 1 at 1-4, text 5, frame 2 at 6-7, text 8-9, frame 3 at 10-11, text 12. */
    private static final SequenceLayout LAYOUT = layout(1, IMAGE, IMAGE, 2, IMAGE, 3, 4, IMAGE, 5);

    private static SequenceLayout layout(int... ids) {
        int frames = 0;
        for (int id : ids) {
            frames += id == IMAGE ? 1 : 0;
        }
        return SequenceLayout.of(PackedBatch.single(ids, ids.clone(), IMAGE, new SyntheticFrames(frames, 1)), 2);
    }

    @Test
    void shouldNameTheRowsThatChangeOwner() {
        // rank 0 owns tokens 0-3 and 10-12 and encodes frames 0 and 1, rank 1 owns 4-9 and encodes 2 and 3
        TokenShards shards = TokenShards.of(Layout.ZIGZAG, LAYOUT.tokens(), new Mesh(1, 2, 1));
        RedistributionPlan first = RedistributionPlan.of(LAYOUT, shards, 0);
        RedistributionPlan second = RedistributionPlan.of(LAYOUT, shards, 1);
        assertArrayEquals(new int[] {0, 1, 2}, first.sendRows().get(0));
        assertArrayEquals(new int[] {3}, first.sendRows().get(1));
        assertArrayEquals(new int[] {1, 2, 3}, first.receiveRows().get(0));
        assertArrayEquals(new int[] {4, 5}, first.receiveRows().get(1));
        assertArrayEquals(new int[] {2, 3}, second.sendRows().get(0));
        assertArrayEquals(new int[] {0, 1}, second.sendRows().get(1));
        assertArrayEquals(new int[] {0}, second.receiveRows().get(0));
        assertArrayEquals(new int[] {2, 3}, second.receiveRows().get(1));
        assertEquals(2, first.sendRows().size());
        assertEquals(2, second.receiveRows().size());
        assertEquals(new Span(4, 8), RedistributionPlan.mediaRows(LAYOUT, shards, 1));
    }

    @Test
    void shouldCutBetweenFramesWhenShardingHasOneStage() {
        TokenShards shards = TokenShards.byFrames(LAYOUT, new Mesh(1, 2, 2));
        assertArrayEquals(new int[] {0, 1, 2}, shards.positions(0, 0));
        assertArrayEquals(new int[] {3, 4, 5}, shards.positions(0, 1));
        assertArrayEquals(new int[] {6, 7, 8, 9}, shards.positions(1, 0));
        assertArrayEquals(new int[] {10, 11, 12}, shards.positions(1, 1));
        assertEquals(13, shards.tokens());
        assertEquals(6, shards.ringRows(0));
        assertEquals(new Span(4, 7), shards.ulyssesRows(1, 1));
        assertEquals(2, shards.rowsBefore(1, 8));
        for (int rank = 0; rank < 4; rank++) {
            RedistributionPlan plan = RedistributionPlan.of(LAYOUT, shards, rank);
            for (int other = 0; other < 4; other++) {
                assertEquals(other == rank ? 2 : 0, plan.sendRows().get(other).length);
            }
        }
    }

    @Test
    void shouldLeaveTheLastRanksEmptyWhenFramesAreFew() {
        SequenceLayout few = layout(1, IMAGE, 2, IMAGE, 3);
        TokenShards shards = TokenShards.byFrames(few, new Mesh(1, 4, 1));
        assertArrayEquals(new int[] {0, 1, 2, 3}, shards.positions(0, 0));
        assertArrayEquals(new int[] {4, 5, 6}, shards.positions(1, 0));
        assertEquals(0, shards.ringRows(2));
        assertEquals(0, shards.ringRows(3));
        SequenceLayout none = layout(1, 2, 3, 4, 5);
        TokenShards text = TokenShards.byFrames(none, new Mesh(1, 2, 1));
        assertArrayEquals(new int[] {0, 1, 2}, text.positions(0, 0));
        assertArrayEquals(new int[] {3, 4}, text.positions(1, 0));
    }

    @Test
    void shouldCarryRowsToTheirTokensAndGradientsBack() {
        for (Mesh mesh : new Mesh[] {
            new Mesh(1, 1, 1), new Mesh(1, 3, 1), new Mesh(1, 2, 2, Inner.RING), new Mesh(2, 1, 3), new Mesh(1, 2, 3)
        }) {
            for (Layout layout : Layout.values()) {
                TokenShards shards = TokenShards.of(layout, LAYOUT.tokens(), mesh);
                RankRuns.run(mesh, (groups, ws) -> {
                    int self = mesh.sequenceIndexOf(groups.rank());
                    Redistribution redistribution =
                            new Redistribution(ws, groups.sequence(), RedistributionPlan.of(LAYOUT, shards, self));
                    Span media = RedistributionPlan.mediaRows(LAYOUT, shards, self);
                    int[] tokens = shards.positionsOf(self);
                    Tensor projected = ws.step().allocate(media.size(), WIDTH);
                    fill(projected, row -> media.from() + row);
                    Tensor x = ws.step().allocate(tokens.length, WIDTH);
                    fill(x, row -> -1);
                    redistribution.forward(projected, x);
                    // text rows hold what they held, and media rows their projection
                    assertRows(x, row -> LAYOUT.mediaRow()[tokens[row]]);
                    Tensor dProjected = ws.step().allocate(media.size(), WIDTH);
                    Tensor dx = ws.step().allocate(tokens.length, WIDTH);
                    fill(dx, row -> tokens[row]);
                    redistribution.backward(dx, dProjected);
                    assertRows(dProjected, row -> LAYOUT.mediaToken()[media.from() + row]);
                    assertEquals(0, ws.scratch().usedBytes());
                });
            }
        }
    }

    /** What a row is filled with; the columns add a tenth each, and -1 stands for text. */
    @FunctionalInterface
    private interface RowValue {
        int of(int row);
    }

    private static float element(int value, int column) {
        return value < 0 ? -1 : value + column / 8f;
    }

    private static void fill(Tensor x, RowValue value) {
        for (int i = 0; i < x.elements(); i++) {
            x.setFloat(i, element(value.of(i / WIDTH), i % WIDTH));
        }
    }

    private static void assertRows(Tensor x, RowValue value) {
        for (int i = 0; i < x.elements(); i++) {
            assertEquals(element(value.of(i / WIDTH), i % WIDTH), x.getFloat(i));
        }
    }
}
