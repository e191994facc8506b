package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Expansion of frames, global label shift, and the rows that change owner. */
class SequenceLayoutTest {
    private static final int IMAGE = 9;
    private static final int NONE = -100;

    @Test
    void shouldExpandFramesAndShiftLabelsWithinEachDocument() {
        // documents: [1 frame 2] and [frame 3 4]
        PackedBatch batch = new PackedBatch(
                new int[] {1, IMAGE, 2, IMAGE, 3, 4},
                new int[] {1, IMAGE, 2, IMAGE, 3, 4},
                new int[] {0, 3, 6},
                IMAGE,
                frames(2));
        SequenceLayout layout = SequenceLayout.of(batch, 2);
        assertArrayEquals(new int[] {1, -1, -1, 2, -1, -1, 3, 4}, layout.tokenId());
        assertArrayEquals(new int[] {-1, 0, 1, -1, 2, 3, -1, -1}, layout.mediaRow());
        assertArrayEquals(new int[] {0, 0, 0, 0, 4, 4, 4, 4}, layout.documentStart());
        assertArrayEquals(new int[] {4, 4, 4, 4, 8, 8, 8, 8}, layout.documentEnd());
        assertArrayEquals(new int[] {1, 3, 3, 4, 6, 6, 7, 8}, layout.mediumEnd());
        assertArrayEquals(new int[] {NONE, NONE, 2, NONE, NONE, 3, 4, NONE}, layout.label());
        assertArrayEquals(new int[] {1, 2, 4, 5}, layout.mediaToken());
        assertEquals(3, layout.labelledTokens());
        assertEquals(3, layout.position(7));
    }

    @Test
    void shouldDeliverEveryProjectedRowOnceOnAnyMesh() {
        for (int frameCount = 0; frameCount <= 9; frameCount++) {
            int[] ids = new int[frameCount + 5];
            Arrays.fill(ids, IMAGE);
            Arrays.fill(ids, 0, 2, 1);
            Arrays.fill(ids, frameCount + 2, frameCount + 5, 2);
            SequenceLayout layout =
                    SequenceLayout.of(PackedBatch.single(ids, ids.clone(), IMAGE, frames(frameCount)), 3);
            for (int ring = 1; ring <= 4; ring++) {
                for (int ulysses = 1; ulysses <= 3; ulysses++) {
                    assertDelivers(layout, TokenShards.of(Layout.ZIGZAG, layout.tokens(), new Mesh(1, ring, ulysses)));
                }
            }
        }
    }

    private static void assertDelivers(SequenceLayout layout, TokenShards shards) {
        Set<Integer> delivered = new HashSet<>();
        for (int target = 0; target < shards.ranks(); target++) {
            RedistributionPlan receiving = RedistributionPlan.of(layout, shards, target);
            int[] tokens = shards.positionsOf(target);
            for (int source = 0; source < shards.ranks(); source++) {
                int[] sent =
                        RedistributionPlan.of(layout, shards, source).sendRows().get(target);
                int[] received = receiving.receiveRows().get(source);
                assertEquals(sent.length, received.length);
                int first = RedistributionPlan.mediaRows(layout, shards, source).from();
                for (int i = 0; i < sent.length; i++) {
                    assertEquals(layout.mediaRow()[tokens[received[i]]], first + sent[i]);
                    delivered.add(first + sent[i]);
                }
            }
        }
        assertEquals(layout.mediaToken().length, delivered.size());
    }

    private static FrameSource frames(int count) {
        return new FrameSource() {
            @Override
            public int frameCount() {
                return count;
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {
                throw new IllegalStateException("a layout needs no pixels");
            }
        };
    }
}
