package io.longreel.model;

import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.topology.Mesh;
import io.longreel.model.attention.AttentionMask;
import io.longreel.model.attention.AttentionPlans;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.RedistributionPlan;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A packed batch as one rank sees it: the two shardings of its sequence and everything that follows from them. Computed once per step, from the ids
 * alone, with equal results on all ranks.
 *
 * @param ownFrames frames of this rank's vision shard
 * @param attention which tokens own queries see, in the form in which a pass asks
 * @param tokens token of each own row
 * @param positions position in its document of each own row
 * @param labelledRows own rows that have a label
 * @param labels their labels
 */
public record ShardedBatch(
        SequenceLayout layout,
        TokenShards shards,
        FrameSource frames,
        Span ownFrames,
        RedistributionPlan redistribution,
        AttentionPlans attention,
        int[] tokens,
        int[] positions,
        int[] labelledRows,
        int[] labels) {

    public static ShardedBatch of(ModelConfig config, Mesh mesh, int rank, SessionOptions options, PackedBatch batch) {
        SequenceLayout layout = SequenceLayout.of(batch, config.tokensPerFrame());
        AttentionMask mask = AttentionMask.of(options.attention());
        TokenShards shards = options.sharding().stages() == Stages.ONE
                ? TokenShards.byFrames(layout, mesh)
                : TokenShards.of(options.sharding().layout(), layout.tokens(), mesh);
        HeadShards heads = new HeadShards(config.llm().heads(), config.llm().kvHeads(), mesh.ulyssesDegree());
        int ring = mesh.ringOf(rank);
        int ulysses = mesh.ulyssesOf(rank);
        int self = mesh.sequenceIndexOf(rank);
        int[] tokens = shards.positions(ring, ulysses);
        int[] labelledRows = IntStream.range(0, tokens.length)
                .filter(row -> layout.isLabelled(tokens[row]))
                .toArray();
        return new ShardedBatch(
                layout,
                shards,
                batch.frames(),
                shards.frames(layout.frames(), self),
                RedistributionPlan.of(layout, shards, self),
                new AttentionPlans(layout, mask, shards, heads, ring, ulysses),
                tokens,
                Arrays.stream(tokens).map(layout::position).toArray(),
                labelledRows,
                Arrays.stream(labelledRows)
                        .map(row -> layout.label()[tokens[row]])
                        .toArray());
    }

    /** Longest document, in tokens. */
    public int positionsEnd() {
        return Arrays.stream(positions).max().orElse(-1) + 1;
    }

    /** The same shapes without pixels, for planning memory. */
    public ShardedBatch withoutPixels() {
        return withFrames(new FrameSource() {
            @Override
            public int frameCount() {
                return layout.frames();
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {}
        });
    }

    /** The same with other pixels. */
    ShardedBatch withFrames(FrameSource other) {
        return new ShardedBatch(
                layout, shards, other, ownFrames, redistribution, attention, tokens, positions, labelledRows, labels);
    }
}
