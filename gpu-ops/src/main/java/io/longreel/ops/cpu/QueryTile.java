package io.longreel.ops.cpu;

import io.longreel.ops.kernels.KeyRanges;

/**
 * A cursor over the query rows of a mask: each stop is a run of rows that all see some key and whose key ranges overlap, so that the keys
 * between the lowest and the highest bound of a tile are hardly ever hidden from all of its rows. Rows that see nothing belong to no tile,
 * and a jump to a disjoint range (the next packed document, the next frame) starts a new one. Belongs to one call.
 */
final class QueryTile {
    private final int[] keyFrom;
    private final int[] keyTo;
    private final int rowsMax;
    private int from;
    private int to;
    private int firstKey;
    private int lastKey;

    QueryTile(KeyRanges ranges, int rowsMax) {
        this.keyFrom = ranges.from();
        this.keyTo = ranges.to();
        this.rowsMax = rowsMax;
    }

    /** Back before the first tile. */
    void reset() {
        to = 0;
    }

    /** Moves to the next tile; false when there is none. */
    boolean next() {
        from = to;
        while (from < keyFrom.length && keyFrom[from] == keyTo[from]) {
            from++;
        }
        if (from == keyFrom.length) {
            to = from;
            return false;
        }
        firstKey = keyFrom[from];
        lastKey = keyTo[from];
        int end = (int) Math.min((long) from + rowsMax, keyFrom.length);
        to = from + 1;
        while (to < end && keyFrom[to] < keyTo[to] && keyFrom[to] < lastKey && keyTo[to] > firstKey) {
            firstKey = Math.min(firstKey, keyFrom[to]);
            lastKey = Math.max(lastKey, keyTo[to]);
            to++;
        }
        return true;
    }

    /** First row. */
    int from() {
        return from;
    }

    int rows() {
        return to - from;
    }

    /** Lowest key that a row sees. */
    int firstKey() {
        return firstKey;
    }

    /** End of the highest range. */
    int lastKey() {
        return lastKey;
    }

    /** Keys per key tile, at most {@code keysMax}: equal pieces of the tile's keys, in whole vectors, so that no sliver is left. */
    int keysPerTile(int keysMax) {
        int keys = lastKey - firstKey;
        int tiles = (keys + keysMax - 1) / keysMax;
        int even = (keys + tiles - 1) / tiles;
        return Math.min(keysMax, (even + VectorMath.LANES - 1) / VectorMath.LANES * VectorMath.LANES);
    }

    /** First column of a key tile that row {@code row} sees, in the tile's numbering. */
    int firstColumn(int row, int tileFrom, int tileKeys) {
        return Math.clamp(keyFrom[row] - (long) tileFrom, 0, tileKeys);
    }

    int lastColumn(int row, int tileFrom, int tileKeys) {
        return Math.clamp(keyTo[row] - (long) tileFrom, 0, tileKeys);
    }
}
