package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every token has one owner, shards are even, and the layout is the zigzag of the paper, whatever divides what. */
class TokenShardsPropertyTest {
    private static final int TOKENS_MAX = 70;

    @Test
    void shouldGiveEveryTokenToExactlyOneRank() {
        for (int ring = 1; ring <= 5; ring++) {
            for (int ulysses = 1; ulysses <= 5; ulysses++) {
                for (int tokens = 0; tokens <= TOKENS_MAX; tokens++) {
                    TokenShards shards = TokenShards.zigzag(tokens, new Mesh(1, ring, ulysses));
                    int[] owners = new int[tokens];
                    for (int r = 0; r < ring; r++) {
                        for (int u = 0; u < ulysses; u++) {
                            for (int token : shards.positions(r, u)) {
                                owners[token]++;
                            }
                        }
                    }
                    String where = "ring=%d ulysses=%d tokens=%d".formatted(ring, ulysses, tokens);
                    for (int owner : owners) {
                        assertEquals(1, owner, where);
                    }
                    assertEven(shards, ring, ulysses, where);
                }
            }
        }
    }

    @Test
    void shouldPairAnEarlyChunkWithItsMirror() {
        TokenShards shards = TokenShards.zigzag(24, new Mesh(1, 3, 2));
        assertEquals(List.of(new Span(0, 4), new Span(20, 24)), shards.ringSpans(0));
        assertEquals(List.of(new Span(4, 8), new Span(16, 20)), shards.ringSpans(1));
        assertEquals(List.of(new Span(8, 12), new Span(12, 16)), shards.ringSpans(2));
        assertArrayEquals(new int[] {0, 1, 2, 3}, shards.positions(0, 0));
        assertArrayEquals(new int[] {20, 21, 22, 23}, shards.positions(0, 1));
    }

    @Test
    void shouldFollowTheSplitRule() {
        assertEquals(new Span(0, 3), Span.part(7, 3, 0));
        assertEquals(new Span(3, 5), Span.part(7, 3, 1));
        assertEquals(new Span(5, 7), Span.part(7, 3, 2));
        assertEquals(0, Span.part(2, 3, 2).size());
    }

    private static void assertEven(TokenShards shards, int ring, int ulysses, String where) {
        for (int r = 0; r < ring; r++) {
            int least = Integer.MAX_VALUE;
            int most = 0;
            for (int u = 0; u < ulysses; u++) {
                least = Math.min(least, shards.positions(r, u).length);
                most = Math.max(most, shards.positions(r, u).length);
            }
            assertTrue(most - least <= 1, where);
        }
    }
}
