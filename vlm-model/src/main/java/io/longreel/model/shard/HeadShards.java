package io.longreel.model.shard;

import io.longreel.config.RuntimeFailure;

/**
 * Which heads each Ulysses rank computes. Query heads are cut as evenly as possible; a rank gets just the key/value heads that its query heads
 * read, so a key/value head is replicated only where two ranks share it, and nothing needs to divide anything.
 */
public record HeadShards(int heads, int kvHeads, int ulyssesDegree) {

    public HeadShards {
        if (ulyssesDegree > heads) {
            throw RuntimeFailure.config(
                    "ulysses degree must not exceed query heads: ulyssesDegree=%d heads=%d; lower ulysses or raise ring"
                            .formatted(ulyssesDegree, heads));
        }
    }

    /** Query heads of a rank. */
    public Span queryHeads(int ulysses) {
        return Span.part(heads, ulyssesDegree, ulysses);
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
}
