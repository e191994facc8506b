package io.longreel.model.attention;

import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything about one sequence's attention that does not change from layer to layer, computed once per step and rank: row counts of the Ulysses
 * group, and for every K/V block of the ring which rows each query sees. The queries may be a subset of the tokens, as the last layer needs when
 * only some rows of logits are asked for.
 */
public final class AttentionPlan implements GroupRows {
    private final TokenShards shards;
    private final HeadShards heads;
    private final int ring;
    private final int ulysses;
    private final int[][] queryTokens;
    private final List<List<Block>> blocks;

    /** Rows {@code rows} of a K/V block, and which of them each query row of the group sees; a row's mask with holes takes several of these. */
    public record Block(Span rows, KeyRanges ranges) {}

    private AttentionPlan(
            SequenceLayout layout,
            AttentionMask mask,
            TokenShards shards,
            HeadShards heads,
            int ring,
            int ulysses,
            int[][] queryTokens) {
        this.shards = shards;
        this.heads = heads;
        this.ring = ring;
        this.ulysses = ulysses;
        this.queryTokens = queryTokens;
        int[] groupQueries =
                Arrays.stream(queryTokens).flatMapToInt(Arrays::stream).toArray();
        List<KeyRanges> passes = mask.passes(layout, groupQueries);
        this.blocks = IntStream.range(0, shards.ringDegree())
                .mapToObj(source -> blocksOf(passes, shards, source))
                .toList();
    }

    /** Every token of the sequence is a query. */
    public static AttentionPlan of(
            SequenceLayout layout, AttentionMask mask, TokenShards shards, HeadShards heads, int ring, int ulysses) {
        int[][] queries = new int[shards.ulyssesDegree()][];
        for (int u = 0; u < queries.length; u++) {
            queries[u] = shards.positions(ring, u);
        }
        return new AttentionPlan(layout, mask, shards, heads, ring, ulysses, queries);
    }

    /** Only the tokens that have a label are queries. */
    public static AttentionPlan ofLabelled(
            SequenceLayout layout, AttentionMask mask, TokenShards shards, HeadShards heads, int ring, int ulysses) {
        int[][] queries = new int[shards.ulyssesDegree()][];
        for (int u = 0; u < queries.length; u++) {
            queries[u] = labelledTokens(layout, shards.positions(ring, u));
        }
        return new AttentionPlan(layout, mask, shards, heads, ring, ulysses, queries);
    }

    /** Those of some tokens that have a label. */
    public static int[] labelledTokens(SequenceLayout layout, int[] tokens) {
        return Arrays.stream(tokens).filter(layout::isLabelled).toArray();
    }

    @Override
    public HeadShards heads() {
        return heads;
    }

    public int ring() {
        return ring;
    }

    @Override
    public int ulysses() {
        return ulysses;
    }

    public int ringDegree() {
        return shards.ringDegree();
    }

    @Override
    public int ulyssesDegree() {
        return shards.ulyssesDegree();
    }

    /** Query rows of a member of the own Ulysses group. */
    @Override
    public int queryRows(int member) {
        return queryTokens[member].length;
    }

    /** Query rows of the whole own Ulysses group. */
    public int groupQueryRows() {
        return Arrays.stream(queryTokens).mapToInt(t -> t.length).sum();
    }

    /** Key rows of a member of the own Ulysses group. */
    @Override
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

    /** Intervals of tokens become intervals of the source's rows; what no query sees is left out. */
    private static List<Block> blocksOf(List<KeyRanges> passes, TokenShards shards, int source) {
        List<Block> found = new ArrayList<>(passes.size());
        for (KeyRanges tokens : passes) {
            int[] from = new int[tokens.queries()];
            int[] to = new int[tokens.queries()];
            int first = Integer.MAX_VALUE;
            int last = 0;
            for (int i = 0; i < from.length; i++) {
                from[i] = shards.rowsBefore(source, tokens.from()[i]);
                to[i] = shards.rowsBefore(source, tokens.to()[i]);
                if (from[i] < to[i]) {
                    first = Math.min(first, from[i]);
                    last = Math.max(last, to[i]);
                }
            }
            if (first < last) {
                found.add(new Block(new Span(first, last), relativeTo(first, from, to)));
            }
        }
        return List.copyOf(found);
    }

    private static KeyRanges relativeTo(int first, int[] from, int[] to) {
        for (int i = 0; i < from.length; i++) {
            boolean empty = from[i] >= to[i];
            from[i] = empty ? 0 : from[i] - first;
            to[i] = empty ? 0 : to[i] - first;
        }
        return new KeyRanges(from, to);
    }
}
