package io.longreel.ops.cpu;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.kernels.KeyRanges;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QueryTileTest {
    private static final int ROWS_MAX = QueryTile.ROWS_MAX;

    private static final int KEYS_MAX = 512;

    /** Each tile's rows, and its products as rows x keys. */
    private static List<String> tiles(KeyRanges ranges, int rowsMax) {
        return QueryTile.of(ranges, rowsMax, KEYS_MAX).stream()
                .map(t -> "%d+%d:%s".formatted(t.from(), t.rows(), products(t)))
                .toList();
    }

    private static String products(QueryTile tile) {
        return tile.keyTiles().stream()
                .flatMap(k -> k.pieces().stream()
                        .map(p -> " %d+%dx%d+%d"
                                .formatted(tile.from() + p.row(), p.rows(), k.from() + p.key(), p.keys())))
                .collect(joining());
    }

    private static long executed(KeyRanges ranges) {
        return QueryTile.of(ranges, ROWS_MAX, KEYS_MAX).stream()
                .mapToLong(QueryTile::pairs)
                .sum();
    }

    @Test
    void shouldCutWhereTheNextDocumentBegins() {
        KeyRanges documents = new KeyRanges(new int[] {0, 0, 2, 2, 2}, new int[] {1, 2, 3, 4, 5});
        assertEquals(List.of("0+2: 0+1x0+1 1+1x0+2", "2+3: 2+1x2+1 3+1x2+2 4+1x2+3"), tiles(documents, 128));
        assertEquals(List.of("0+2: 0+1x0+1 1+1x0+2", "2+2: 2+1x2+1 3+1x2+2", "4+1: 4+1x2+3"), tiles(documents, 2));
        assertEquals(List.of("0+90: 0+90x0+90", "90+90: 90+90x90+90"), tiles(AttentionCase.frames(180, 90), ROWS_MAX));
    }

    @Test
    void shouldFillTilesWhenRowsSeeTheSameKeys() {
        assertEquals(
                List.of("0+128: 0+128x0+352 0+128x352+348", "128+72: 128+72x0+352 128+72x352+348"),
                tiles(KeyRanges.full(200, 700), ROWS_MAX));
    }

    /**
     * Row i sees i + 1 keys, so r rows waste r (r - 1) / 2 pairs; 4 % of 499.5 pairs per row are 19.98, which r = 40 stays below and r = 41 does not.
     */
    @Test
    void shouldSliceRowsWhenADiagonalRunsThroughThem() {
        KeyRanges causal = AttentionCase.causal(998, 998, 0);
        List<String> tiles = tiles(causal, ROWS_MAX);
        assertEquals("0+128: 0+40x0+40 40+40x0+80 80+40x0+120 120+8x0+128", tiles.getFirst());
        assertEquals("128+128: 128+128x0+129 128+40x129+39 168+40x129+79 208+40x129+119 248+8x129+127", tiles.get(1));
        assertEquals(8, tiles.size());
    }

    @Test
    void shouldSliceBothEdgesWhenRowsSeeAWindow() {
        KeyRanges window = AttentionCase.window(200, 80);
        String middle = tiles(window, 14).get(10);
        // Rows 140 to 153 see keys from 61 .. 74 to 140 .. 153, 67 of them all; r rows waste r (r - 1) pairs, and 4 %
        // of
        // 64.2 pairs per row are 2.57, which r = 3 stays below.
        assertEquals(
                "140+14: 140+14x74+67 140+3x61+13 140+3x141+2 143+3x64+10 143+3x141+5 146+3x67+7 146+3x141+8"
                        + " 149+3x70+4 149+3x141+11 152+2x73+1 152+2x141+13",
                middle);
    }

    @Test
    void shouldLeaveOutRowsWhenTheySeeNothing() {
        KeyRanges ranges = new KeyRanges(new int[] {0, 0, 3, 0, 9, 9}, new int[] {0, 4, 4, 0, 9, 10});
        assertEquals(List.of("1+2: 1+1x0+4 2+1x3+1", "5+1: 5+1x9+1"), tiles(ranges, 128));
        assertEquals(List.of(), tiles(KeyRanges.full(3, 0), 128));
        assertEquals(List.of(), tiles(KeyRanges.full(0, 3), 128));
    }

    @Test
    void shouldWasteFewPairsWhateverTheMask() {
        KeyRanges[] masks = {
            AttentionCase.causal(257, 257, 0),
            AttentionCase.causal(3000, 3000, 0),
            AttentionCase.causal(1000, 1000, -900),
            AttentionCase.window(2000, 1),
            AttentionCase.window(2000, 64),
            AttentionCase.window(2000, 700),
            AttentionCase.frames(2000, 7),
            AttentionCase.causalDocuments(2000, 0, 1, 3, 600, 610, 615, 1999),
        };
        for (KeyRanges mask : masks) {
            long executed = executed(mask);
            assertTrue(executed >= mask.pairs());
            assertTrue(executed - mask.pairs() <= 0.04 * mask.pairs(), "executed=" + executed);
        }
    }

    @Test
    void shouldCoverEveryPairOnceWhenRangesAreRandom() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int queries = random.nextInt(150);
            int keys = 400;
            int[] from = new int[queries];
            int[] to = new int[queries];
            for (int i = 0; i < queries; i++) {
                // Half of the rows see the middle, so that tiles with common keys occur.
                from[i] = random.nextInt(random.nextBoolean() ? 100 : keys);
                to[i] = from[i] + random.nextInt(keys + 1 - from[i]);
            }
            KeyRanges ranges = new KeyRanges(from, to);
            int[][] products = products(QueryTile.of(ranges, 70, 160), queries, keys);
            for (int i = 0; i < queries; i++) {
                for (int key = 0; key < keys; key++) {
                    boolean seen = key >= from[i] && key < to[i];
                    int times = products[i][key];
                    assertTrue(times == 1 || (!seen && times == 0), "row=%d key=%d seed=%d".formatted(i, key, seed));
                }
            }
            assertTrue(executed(ranges) - ranges.pairs() <= 0.04 * ranges.pairs(), "seed=" + seed);
        }
    }

    /** How many products compute each pair; columns that rows see must be inside their key tile. */
    private static int[][] products(List<QueryTile> tiles, int queries, int keys) {
        int[][] products = new int[queries][keys];
        for (QueryTile tile : tiles) {
            for (QueryTile.KeyTile keyTile : tile.keyTiles()) {
                assertTrue(keyTile.keys() > 0 && keyTile.keys() <= 160);
                for (QueryTile.Piece piece : keyTile.pieces()) {
                    for (int row = piece.row(); row < piece.row() + piece.rows(); row++) {
                        for (int key = piece.key(); key < piece.key() + piece.keys(); key++) {
                            products[tile.from() + row][keyTile.from() + key]++;
                        }
                    }
                }
            }
        }
        return products;
    }
}
