package io.longreel.model.shard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every token has one owner, shards are even, rows ascend, and each layout is what it is called, whatever divides what. */
class TokenShardsPropertyTest {
    private static final int TOKENS_MAX = 70;

    @ParameterizedTest
    @EnumSource
    void shouldGiveEveryTokenToExactlyOneRank(Layout layout) {
        for (int ring = 1; ring <= 5; ring++) {
            for (int ulysses = 1; ulysses <= 5; ulysses++) {
                for (int tokens = 0; tokens <= TOKENS_MAX; tokens++) {
                    String where = "%s ring=%d ulysses=%d tokens=%d".formatted(layout, ring, ulysses, tokens);
                    assertEven(TokenShards.of(layout, tokens, new Mesh(1, ring, ulysses)), tokens, where);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNumberRowsByTheirTokens(Layout layout) {
        for (int tokens = 0; tokens <= TOKENS_MAX; tokens++) {
            TokenShards shards = TokenShards.of(layout, tokens, new Mesh(1, 4, 2));
            for (int ring = 0; ring < 4; ring++) {
                int[] owned = shards.ringPositions(ring);
                int end = tokens;
                for (int token = 0; token <= end; token++) {
                    int bound = token;
                    assertEquals(Arrays.stream(owned).filter(t -> t < bound).count(), shards.rowsBefore(ring, token));
                }
            }
        }
    }

    @Test
    void shouldPairAnEarlyChunkWithItsMirrorWhenZigzag() {
        TokenShards shards = TokenShards.of(Layout.ZIGZAG, 24, new Mesh(1, 3, 2));
        assertArrayEquals(new int[] {0, 1, 2, 3, 20, 21, 22, 23}, shards.ringPositions(0));
        assertArrayEquals(new int[] {4, 5, 6, 7, 16, 17, 18, 19}, shards.ringPositions(1));
        assertArrayEquals(new int[] {8, 9, 10, 11, 12, 13, 14, 15}, shards.ringPositions(2));
        assertArrayEquals(new int[] {0, 1, 2, 3}, shards.positions(0, 0));
        assertArrayEquals(new int[] {20, 21, 22, 23}, shards.positions(0, 1));
    }

    @Test
    void shouldCutStraightWhenContiguous() {
        TokenShards shards = TokenShards.of(Layout.CONTIGUOUS, 11, new Mesh(1, 2, 2));
        assertArrayEquals(new int[] {0, 1, 2}, shards.positions(0, 0));
        assertArrayEquals(new int[] {3, 4, 5}, shards.positions(0, 1));
        assertArrayEquals(new int[] {6, 7, 8}, shards.positions(1, 0));
        assertArrayEquals(new int[] {9, 10}, shards.positions(1, 1));
    }

    @Test
    void shouldDealTokensInTurnWhenStriped() {
        TokenShards shards = TokenShards.of(Layout.STRIPED, 11, new Mesh(1, 3, 2));
        assertArrayEquals(new int[] {0, 3, 6, 9}, shards.ringPositions(0));
        assertArrayEquals(new int[] {1, 4, 7, 10}, shards.ringPositions(1));
        assertArrayEquals(new int[] {2, 5, 8}, shards.ringPositions(2));
        assertArrayEquals(new int[] {8}, shards.positions(2, 1));
    }

    @Test
    void shouldNameRanksByTheirPlaceWhicheverAxisIsInside() {
        for (Inner inner : Inner.values()) {
            Mesh mesh = new Mesh(2, 3, 2, inner);
            TokenShards shards = TokenShards.of(Layout.ZIGZAG, 29, mesh);
            for (int ring = 0; ring < 3; ring++) {
                for (int ulysses = 0; ulysses < 2; ulysses++) {
                    int rank = mesh.rankOf(1, ring, ulysses);
                    assertArrayEquals(shards.positions(ring, ulysses), shards.positionsOf(mesh.sequenceIndexOf(rank)));
                    assertEquals(Span.part(7, 6, ring * 2 + ulysses), shards.frames(7, mesh.sequenceIndexOf(rank)));
                }
            }
        }
    }

    @Test
    void shouldFollowTheSplitRule() {
        assertEquals(new Span(0, 3), Span.part(7, 3, 0));
        assertEquals(new Span(3, 5), Span.part(7, 3, 1));
        assertEquals(new Span(5, 7), Span.part(7, 3, 2));
        assertEquals(0, Span.part(2, 3, 2).size());
    }

    private static void assertEven(TokenShards shards, int tokens, String where) {
        int[] owners = new int[tokens];
        for (int r = 0; r < shards.ringDegree(); r++) {
            int ring = r;
            int[] sizes = IntStream.range(0, shards.ulyssesDegree())
                    .map(u -> shards.positions(ring, u).length)
                    .toArray();
            int[] joined = IntStream.range(0, shards.ulyssesDegree())
                    .flatMap(u -> Arrays.stream(shards.positions(ring, u)))
                    .toArray();
            assertArrayEquals(shards.ringPositions(ring), joined, where);
            assertArrayEquals(joined, Arrays.stream(joined).sorted().toArray(), where);
            assertEquals(shards.ringRows(ring), joined.length, where);
            Arrays.stream(joined).forEach(token -> owners[token]++);
            int spread = Arrays.stream(sizes).max().orElseThrow()
                    - Arrays.stream(sizes).min().orElseThrow();
            assertTrue(spread <= 1, where);
        }
        assertTrue(Arrays.stream(owners).allMatch(owner -> owner == 1), where);
    }
}
