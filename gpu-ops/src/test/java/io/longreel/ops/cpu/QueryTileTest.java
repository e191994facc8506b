package io.longreel.ops.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QueryTileTest {
    private static List<String> tiles(KeyRanges ranges, int rowsMax) {
        QueryTile tile = new QueryTile(ranges, rowsMax);
        List<String> found = new ArrayList<>();
        while (tile.next()) {
            found.add("%d+%d:%d-%d".formatted(tile.from(), tile.rows(), tile.firstKey(), tile.lastKey()));
        }
        return found;
    }

    @Test
    void shouldCutWhereTheNextDocumentBegins() {
        KeyRanges documents = new KeyRanges(new int[] {0, 0, 2, 2, 2}, new int[] {1, 2, 3, 4, 5});
        assertEquals(List.of("0+2:0-2", "2+3:2-5"), tiles(documents, 128));
        assertEquals(List.of("0+2:0-2", "2+2:2-4", "4+1:2-5"), tiles(documents, 2));
    }

    @Test
    void shouldLeaveOutRowsWhenTheySeeNothing() {
        KeyRanges ranges = new KeyRanges(new int[] {0, 0, 3, 0, 9, 9}, new int[] {0, 4, 4, 0, 9, 10});
        assertEquals(List.of("1+2:0-4", "5+1:9-10"), tiles(ranges, 128));
        assertEquals(List.of(), tiles(KeyRanges.full(3, 0), 128));
        assertEquals(List.of(), tiles(KeyRanges.full(0, 3), 128));
    }

    @Test
    void shouldCoverEveryPairOnceWhenRangesAreRandom() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int queries = random.nextInt(60);
            int[] from = new int[queries];
            int[] to = new int[queries];
            for (int i = 0; i < queries; i++) {
                from[i] = random.nextInt(100);
                to[i] = from[i] + random.nextInt(101 - from[i]);
            }
            KeyRanges ranges = new KeyRanges(from, to);
            assertEquals(ranges.pairs(), visiblePairs(new QueryTile(ranges, 7), 16), "seed=" + seed);
        }
    }

    private static long visiblePairs(QueryTile tile, int keysMax) {
        long pairs = 0;
        while (tile.next()) {
            int perTile = tile.keysPerTile(keysMax);
            assertTrue(perTile <= keysMax && perTile > 0);
            for (int key = tile.firstKey(); key < tile.lastKey(); key += perTile) {
                int keys = Math.min(perTile, tile.lastKey() - key);
                for (int row = tile.from(); row < tile.from() + tile.rows(); row++) {
                    pairs += Math.max(0, tile.lastColumn(row, key, keys) - tile.firstColumn(row, key, keys));
                }
            }
        }
        return pairs;
    }
}
