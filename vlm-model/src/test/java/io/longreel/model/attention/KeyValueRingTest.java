package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.model.PackedBatch;
import io.longreel.model.RankRuns;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyValueRingTest {
    private static final HeadDims DIMS = new HeadDims(3, 2);

    /** 10 tokens on 4 ranks are 3, 3, 2 and 2 rows: blocks that pass through a buffer differ in size. */
    @ParameterizedTest
    @CsvSource({"F32, 4, 10", "BF16, 4, 10", "F32, 3, 2", "BF16, 2, 5", "F32, 1, 4", "BF16, 1, 4"})
    void shouldBringEveryBlockFromTheNeighbourBefore(DType type, int ringDegree, int tokens) {
        Mesh mesh = new Mesh(1, ringDegree, 1);
        TokenShards shards = TokenShards.of(Layout.CONTIGUOUS, tokens, mesh);
        SequenceLayout layout = SequenceLayout.of(
                PackedBatch.single(new int[tokens], new int[tokens], 99, new SyntheticFrames(0, 1)), 1);
        HeadShards heads = new HeadShards(2, 2, 1);
        RankRuns.run(mesh, (groups, ws) -> {
            int self = groups.ringRank();
            AttentionPlan plan =
                    AttentionPlan.of(layout, AttentionMask.of(AttentionMask.Base.FULL), shards, heads, self, 0);
            KeyValues own = KeyValues.allocate(ws.step(), shards.ringRows(self), 2, DIMS);
            for (int i = 0; i < own.flat().elements(); i++) {
                own.flat().setFloat(i, element(self, i));
            }
            KeyValueRing ring = new KeyValueRing(ws, groups.ring(), plan, DIMS, new Wire(ws, type), 2, own);
            for (int step = 0; step < ringDegree; step++) {
                int source = Math.floorMod(self - step, ringDegree);
                assertEquals(source, ring.source());
                assertEquals(source, ring.sourceAt(step));
                assertEquals(step == ringDegree - 1, ring.last());
                ring.startNext();
                assertEquals(shards.ringRows(source), ring.block().rows());
                for (int i = 0; i < ring.block().flat().elements(); i++) {
                    assertEquals(element(source, i), ring.block().flat().getFloat(i));
                }
                ring.advance();
            }
            // the last block stays where it is
            assertEquals(Math.floorMod(self + 1, ringDegree), ring.source());
        });
    }

    private static float element(int rank, int index) {
        return rank * 32 + index * 0.5f;
    }
}
