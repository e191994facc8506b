package io.longreel.model.attention;

import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.LossKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Everything about one sequence's attention that does not change from layer to layer, computed once per step and rank: row counts of the Ulysses
 * group, and for every K/V block of the ring which rows each query sees (causal within its document). The queries may be a subset of the
 * tokens, as the last layer needs when only some rows of logits are asked for.
 */
public final class AttentionPlan {
    private final TokenShards shards;
    private final HeadShards heads;
    private final int ring;
    private final int ulysses;
    private final int[][] queryTokens;
    private final List<List<Block>> blocks;

    /** Rows {@code rows} of a K/V block, and which of them each query row of the group sees. */
    public record Block(Span rows, KeyRanges ranges) {}

    private AttentionPlan(
            SequenceLayout layout, TokenShards shards, HeadShards heads, int ring, int ulysses, int[][] queryTokens) {
        this.shards = shards;
        this.heads = heads;
        this.ring = ring;
        this.ulysses = ulysses;
        this.queryTokens = queryTokens;
        int[] groupQueries =
                Arrays.stream(queryTokens).flatMapToInt(Arrays::stream).toArray();
        this.blocks = new ArrayList<>();
        for (int source = 0; source < shards.ringDegree(); source++) {
            blocks.add(blocksOf(layout, shards, source, groupQueries));
        }
    }

    /** Every token of the sequence is a query. */
    public static AttentionPlan of(SequenceLayout layout, TokenShards shards, HeadShards heads, int ring, int ulysses) {
        int[][] queries = new int[shards.ulyssesDegree()][];
        for (int u = 0; u < queries.length; u++) {
            queries[u] = shards.positions(ring, u);
        }
        return new AttentionPlan(layout, shards, heads, ring, ulysses, queries);
    }

    /** Only the tokens that have a label are queries. */
    public static AttentionPlan ofLabelled(
            SequenceLayout layout, TokenShards shards, HeadShards heads, int ring, int ulysses) {
        int[][] queries = new int[shards.ulyssesDegree()][];
        for (int u = 0; u < queries.length; u++) {
            queries[u] = labelledTokens(layout, shards.positions(ring, u));
        }
        return new AttentionPlan(layout, shards, heads, ring, ulysses, queries);
    }

    /** Those of some tokens that have a label. */
    public static int[] labelledTokens(SequenceLayout layout, int[] tokens) {
        return Arrays.stream(tokens)
                .filter(t -> layout.label()[t] != LossKernels.IGNORE)
                .toArray();
    }

    public HeadShards heads() {
        return heads;
    }

    public int ring() {
        return ring;
    }

    public int ulysses() {
        return ulysses;
    }

    public int ringDegree() {
        return shards.ringDegree();
    }

    public int ulyssesDegree() {
        return shards.ulyssesDegree();
    }

    /** Query rows of a member of the own Ulysses group. */
    public int queryRows(int member) {
        return queryTokens[member].length;
    }

    /** Query rows of the whole own Ulysses group. */
    public int groupQueryRows() {
        return Arrays.stream(queryTokens).mapToInt(t -> t.length).sum();
    }

    /** Key rows of a member of the own Ulysses group. */
    public int keyRows(int member) {
        return shards.ulyssesRows(ring, member).size();
    }

    /** Key rows of a ring rank's block. */
    public int blockRows(int ringRank) {
        return shards.ringRows(ringRank);
    }

    /** Largest block of the ring. */
    public int blockRowsMax() {
        int max = 0;
        for (int r = 0; r < ringDegree(); r++) {
            max = Math.max(max, blockRows(r));
        }
        return max;
    }

    /** The parts of ring rank {@code source}'s block that some query sees. */
    public List<Block> blocks(int source) {
        return blocks.get(source);
    }

    /** Query-key pairs per head that the own Ulysses group computes. */
    public long pairs() {
        return blocks.stream()
                .flatMap(List::stream)
                .mapToLong(b -> b.ranges().pairs())
                .sum();
    }

    private static List<Block> blocksOf(SequenceLayout layout, TokenShards shards, int source, int[] queries) {
        List<Block> found = new ArrayList<>(2);
        int row = 0;
        for (Span span : shards.ringSpans(source)) {
            int[] from = new int[queries.length];
            int[] to = new int[queries.length];
            for (int i = 0; i < queries.length; i++) {
                int token = queries[i];
                from[i] = Math.clamp(layout.documentStart()[token], span.from(), span.to()) - span.from();
                to[i] = Math.clamp(token + 1, span.from(), span.to()) - span.from();
            }
            KeyRanges ranges = new KeyRanges(from, to);
            if (ranges.pairs() > 0) {
                found.add(new Block(new Span(row, row + span.size()), ranges));
            }
            row += span.size();
        }
        return List.copyOf(found);
    }
}
