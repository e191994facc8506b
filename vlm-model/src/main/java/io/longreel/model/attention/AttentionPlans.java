package io.longreel.model.attention;

import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import java.util.HashMap;
import java.util.Map;

/**
 * The attention plans of one sequence on one rank, each made when it is first asked for: training attends with all tokens, an evaluation with the
 * labelled ones as well, and exact sums need another kind of plan. One instance serves all passes over a batch. Used by the rank's compute thread.
 */
public final class AttentionPlans {
    private final SequenceLayout layout;
    private final AttentionMask mask;
    private final TokenShards shards;
    private final HeadShards heads;
    private final int ring;
    private final int ulysses;
    private final Map<Boolean, AttentionPlan> sharded = new HashMap<>();
    private final Map<Boolean, ExactAttentionPlan> exact = new HashMap<>();

    /** For the rank at {@code ring} and {@code ulysses} in its mesh. */
    public AttentionPlans(
            SequenceLayout layout, AttentionMask mask, TokenShards shards, HeadShards heads, int ring, int ulysses) {
        this.layout = layout;
        this.mask = mask;
        this.shards = shards;
        this.heads = heads;
        this.ring = ring;
        this.ulysses = ulysses;
    }

    /** @param labelledOnly whether just the tokens that have a label are queries */
    public AttentionPlan sharded(boolean labelledOnly) {
        return sharded.computeIfAbsent(
                labelledOnly,
                key -> labelledOnly
                        ? AttentionPlan.ofLabelled(layout, mask, shards, heads, ring, ulysses)
                        : AttentionPlan.of(layout, mask, shards, heads, ring, ulysses));
    }

    /** @param labelledOnly whether just the tokens that have a label are queries */
    public ExactAttentionPlan exact(boolean labelledOnly) {
        return exact.computeIfAbsent(labelledOnly, key -> {
            int[] own = shards.positions(ring, ulysses);
            int[] queries = labelledOnly ? AttentionPlan.labelledTokens(layout, own) : own;
            return ExactAttentionPlan.of(layout, mask, shards, heads.heads(), heads.kvHeads(), queries);
        });
    }
}
