package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every query head on one rank, none busier than an even cut, and key/value heads replicated only as far as needed. */
class HeadShardsTest {

    @Test
    void shouldCutWhereKeyValueHeadsEndWhenThatCostsNoBalance() {
        HeadShards qwen7b = new HeadShards(28, 4, 8);
        assertArrayEquals(new int[] {4, 3, 4, 3, 4, 3, 4, 3}, sizes(qwen7b));
        assertArrayEquals(new int[] {1, 1, 1, 1, 1, 1, 1, 1}, kvSizes(qwen7b));
        assertArrayEquals(new int[] {0, 0, 0}, qwen7b.kvHeadOfQuery(3));
        assertEquals(new Span(1, 2), qwen7b.kvHeads(3));
    }

    @Test
    void shouldReplicateWhereBalanceAsksForIt() {
        HeadShards shards = new HeadShards(6, 2, 4);
        assertArrayEquals(new int[] {2, 1, 2, 1}, sizes(shards));
        HeadShards three = new HeadShards(8, 2, 3);
        assertArrayEquals(new int[] {3, 3, 2}, sizes(three));
        assertArrayEquals(new int[] {1, 2, 1}, kvSizes(three));
        assertArrayEquals(new int[] {0, 1, 1}, three.kvHeadOfQuery(1));
    }

    /** A head more on three ranks is less than a key/value head on two. */
    @Test
    void shouldRatherBeUnevenThanReplicate() {
        HeadShards shards = new HeadShards(21, 7, 4);
        assertArrayEquals(new int[] {6, 6, 6, 3}, sizes(shards));
        assertArrayEquals(new int[] {2, 2, 2, 1}, kvSizes(shards));
        assertEquals(21, shards.heads());
        assertEquals(7, shards.kvHeads());
    }

    @Test
    void shouldCutEvenlyWhenNothingIsShared() {
        assertArrayEquals(new int[] {3, 2, 2}, sizes(new HeadShards(7, 7, 3)));
        assertArrayEquals(new int[] {4, 4}, sizes(new HeadShards(8, 1, 2)));
        assertArrayEquals(new int[] {1, 1, 1}, sizes(new HeadShards(3, 1, 3)));
    }

    @Test
    void shouldNeverBeBusierThanEvenNorReplicateMoreThanTheEvenCut() {
        for (int kvHeads = 1; kvHeads <= 8; kvHeads++) {
            for (int heads = kvHeads; heads <= 32; heads += kvHeads) {
                for (int ranks = 1; ranks <= heads; ranks++) {
                    assertBest(heads, kvHeads, ranks);
                }
            }
        }
    }

    @Test
    void shouldRefuseWhatCannotBeCut() {
        assertThrows(RuntimeFailure.class, () -> new HeadShards(4, 2, 5));
        assertThrows(RuntimeFailure.class, () -> new HeadShards(5, 2, 1));
        assertThrows(RuntimeFailure.class, () -> new HeadShards(4, 0, 1));
    }

    private static void assertBest(int heads, int kvHeads, int ranks) {
        String where = "heads=%d kvHeads=%d ranks=%d".formatted(heads, kvHeads, ranks);
        HeadShards shards = new HeadShards(heads, kvHeads, ranks);
        int perKv = heads / kvHeads;
        int at = 0;
        int evenKv = 0;
        for (int rank = 0; rank < ranks; rank++) {
            Span own = shards.queryHeads(rank);
            assertEquals(at, own.from(), where);
            assertTrue(own.size() >= 1 && own.size() <= Math.ceilDiv(heads, ranks), where);
            int[] map = shards.kvHeadOfQuery(rank);
            for (int i = 0; i < own.size(); i++) {
                assertEquals((own.from() + i) / perKv, shards.kvHeads(rank).from() + map[i], where);
            }
            Span even = Span.part(heads, ranks, rank);
            evenKv += (even.to() - 1) / perKv - even.from() / perKv + 1;
            at = own.to();
        }
        assertEquals(heads, at, where);
        int kv = IntStream.of(kvSizes(shards)).sum();
        assertTrue(kv <= evenKv, where);
        assertEquals(kv > kvHeads, shards.replicatesKvHeads(), where);
        if (ranks % kvHeads == 0 || kvHeads % ranks == 0) {
            assertEquals(Math.max(kvHeads, ranks), kv, where);
        }
    }

    private static int[] sizes(HeadShards shards) {
        return IntStream.range(0, shards.ulyssesDegree())
                .map(rank -> shards.queryHeads(rank).size())
                .toArray();
    }

    private static int[] kvSizes(HeadShards shards) {
        return IntStream.range(0, shards.ulyssesDegree())
                .map(rank -> shards.kvHeads(rank).size())
                .toArray();
    }
}
