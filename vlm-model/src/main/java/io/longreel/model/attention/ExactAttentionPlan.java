package io.longreel.model.attention;

import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.kernels.KeyRanges;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What {@link ExactAttention} knows of a sequence: who owns which token, and which tokens each own query sees, in the order of the sequence and so
 * without regard to the mesh.
 *
 * @param tokens number of tokens of the sequence
 * @param memberTokens token of each row of each member of the sequence group
 * @param passes key ranges in tokens, per own query; each pair is in one of them
 * @param kvHead which key/value head each query head reads
 */
public record ExactAttentionPlan(
        int tokens, List<int[]> memberTokens, List<KeyRanges> passes, int[] kvHead, int kvHeads) {

    /** @param queries tokens of own query rows */
    public static ExactAttentionPlan of(
            SequenceLayout layout, AttentionMask mask, TokenShards shards, int heads, int kvHeads, int[] queries) {
        List<int[]> memberTokens =
                IntStream.range(0, shards.ranks()).mapToObj(shards::positionsOf).toList();
        int[] kvHead = new HeadShards(heads, kvHeads, 1).kvHeadOfQuery(0);
        return new ExactAttentionPlan(layout.tokens(), memberTokens, mask.passes(layout, queries), kvHead, kvHeads);
    }

    int heads() {
        return kvHead.length;
    }

    int rows(int member) {
        return memberTokens.get(member).length;
    }
}
