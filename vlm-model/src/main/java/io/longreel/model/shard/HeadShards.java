package io.longreel.model.shard;

import io.longreel.config.RuntimeFailure;
import java.util.Arrays;

/**
 * Which heads each Ulysses rank computes. No rank has more query heads than an even cut would give the busiest one; among these cuts, the one with the
 * fewest key/value heads over all ranks is taken, then the most even one. A rank gets just the key/value heads that its query heads read, so one is
 * replicated only where two ranks share it (28 query and 4 key/value heads on 8 ranks: 4 and 3 query heads in turn, no rank with two key/value
 * heads). Nothing needs to divide anything but query heads by key/value heads. Immutable.
 */
public final class HeadShards {
    private final int heads;
    private final int kvHeads;
    private final int ulyssesDegree;
    private final int[] bounds;

    public HeadShards(int heads, int kvHeads, int ulyssesDegree) {
        if (ulyssesDegree > heads) {
            throw RuntimeFailure.config(
                    "ulysses degree must not exceed query heads: ulyssesDegree=%d heads=%d; lower ulysses or raise ring"
                            .formatted(ulyssesDegree, heads));
        }
        if (kvHeads < 1 || heads % kvHeads != 0) {
            throw RuntimeFailure.config(
                    "query heads must be a multiple of key/value heads: heads=%d kvHeads=%d".formatted(heads, kvHeads));
        }
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.ulyssesDegree = ulyssesDegree;
        this.bounds = bounds(heads, heads / kvHeads, ulyssesDegree);
    }

    public int heads() {
        return heads;
    }

    public int kvHeads() {
        return kvHeads;
    }

    public int ulyssesDegree() {
        return ulyssesDegree;
    }

    /** Query heads of a rank. */
    public Span queryHeads(int ulysses) {
        return new Span(bounds[ulysses], bounds[ulysses + 1]);
    }

    /** Key/value heads that the query heads of a rank read. */
    public Span kvHeads(int ulysses) {
        int perKv = heads / kvHeads;
        Span q = queryHeads(ulysses);
        return new Span(q.from() / perKv, (q.to() - 1) / perKv + 1);
    }

    /** Whether some key/value head is read by the query heads of several ranks. */
    public boolean replicatesKvHeads() {
        int held = 0;
        for (int u = 0; u < ulyssesDegree; u++) {
            held += kvHeads(u).size();
        }
        return held > kvHeads;
    }

    /** For each query head of a rank, which of its own key/value heads it reads. */
    public int[] kvHeadOfQuery(int ulysses) {
        int perKv = heads / kvHeads;
        Span q = queryHeads(ulysses);
        int first = kvHeads(ulysses).from();
        int[] map = new int[q.size()];
        for (int i = 0; i < map.length; i++) {
            map[i] = (q.from() + i) / perKv - first;
        }
        return map;
    }

    /**
     * The cheapest way to cut: a cut within the query heads of one key/value head costs one replica of it, which outweighs any unevenness. Found rank by
     * rank from the last: {@code cost[c]} is that of the heads from c on, cut for the ranks that are left.
     */
    private static int[] bounds(int heads, int perKv, int ranks) {
        int most = Math.ceilDiv(heads, ranks);
        long replica = (long) heads * heads + 1; // more than any sum of squares
        long[] cost = new long[heads + 1];
        Arrays.fill(cost, Long.MAX_VALUE);
        cost[heads] = 0;
        int[][] size = new int[ranks][heads + 1];
        for (int rank = ranks - 1; rank >= 0; rank--) {
            long[] next = new long[heads + 1];
            Arrays.fill(next, Long.MAX_VALUE);
            for (int from = 0; from < heads; from++) {
                for (int own = Math.min(most, heads - from); own >= 1; own--) {
                    int to = from + own;
                    if (cost[to] != Long.MAX_VALUE) {
                        long total = cost[to] + (long) own * own + (to % perKv == 0 ? 0 : replica);
                        if (total < next[from]) {
                            next[from] = total;
                            size[rank][from] = own;
                        }
                    }
                }
            }
            cost = next;
        }
        int[] bounds = new int[ranks + 1];
        for (int rank = 0; rank < ranks; rank++) {
            bounds[rank + 1] = bounds[rank] + size[rank][bounds[rank]];
        }
        return bounds;
    }
}
