package io.longreel.ops.cpu;

import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.List;

/**
 * A run of query rows that all see some key and whose key ranges overlap, with the products that compute its scores. A product computes a rectangle of
 * pairs, so the rows are cut into slices before the pairs that the mask excludes become more than {@link #WASTE} of the call's: a causal diagonal, a
 * window's edges make slices low. The keys that every row of the tile sees are one rectangle over all slices. Rows that see nothing belong to no tile.
 * Immutable.
 *
 * @param ranges the mask of the call
 * @param from first query row
 * @param to end of the query rows
 * @param keyTiles the keys from the lowest to the highest bound of the rows' ranges, in order
 */
record QueryTile(KeyRanges ranges, int from, int to, List<KeyTile> keyTiles) {
    /** Rows of a tile at most. Tiles of 128 x 512 scores take 256 KiB; measured best of 64 to 512 rows and 256 to 1024 keys at head dim 32. */
    static final int ROWS_MAX = 128;

    /**
     * Pairs that the mask excludes and the products of a call compute nevertheless, as a part of those it allows. A small product costs under half a
     * microsecond, and a causal diagonal never takes more than some 25 slices, so small calls keep to it too.
     */
    private static final double WASTE = 0.04;

    /** Fewer keys that all rows see are left to the slices: a product of its own would cost more than it saves. */
    private static final int COMMON_KEYS_MIN = 64;

    /** A piece of a tile's keys, and the products over it: no pair that a row may see is outside of them, and none is in two. */
    record KeyTile(int from, int keys, List<Piece> pieces) {}

    /** The scores of rows {@code [row, row + rows)} and keys {@code [key, key + keys)}, numbered within their tile. */
    record Piece(int row, int rows, int key, int keys) {}

    /** Rows {@code [from, to)} of the call and the hull {@code [firstKey, lastKey)} of the keys that they see. */
    private record Slice(int from, int to, int firstKey, int lastKey) {}

    /** The tiles of a call, in the order of their rows. */
    static List<QueryTile> of(KeyRanges ranges, int rowsMax, int keysMax) {
        double wastePerRow = WASTE * ranges.pairs() / Math.max(1, ranges.queries());
        List<QueryTile> tiles = new ArrayList<>();
        int from = 0;
        while (from < ranges.queries()) {
            if (ranges.from()[from] == ranges.to()[from]) {
                from++;
                continue;
            }
            int to = overlapping(ranges, from, rowsMax);
            List<Slice> slices = new ArrayList<>();
            for (int row = from; row < to; row = slices.getLast().to()) {
                slices.add(slice(ranges, row, to, wastePerRow));
            }
            tiles.add(new QueryTile(ranges, from, to, keyTiles(ranges, slices, keysMax)));
            from = to;
        }
        return tiles;
    }

    /** End of the rows from {@code from} of which each sees a key between the bounds of those before it. */
    private static int overlapping(KeyRanges ranges, int from, int rowsMax) {
        int[] keyFrom = ranges.from();
        int[] keyTo = ranges.to();
        int firstKey = keyFrom[from];
        int lastKey = keyTo[from];
        int end = (int) Math.min((long) from + rowsMax, ranges.queries());
        int to = from + 1;
        while (to < end && keyFrom[to] < keyTo[to] && keyFrom[to] < lastKey && keyTo[to] > firstKey) {
            firstKey = Math.min(firstKey, keyFrom[to]);
            lastKey = Math.max(lastKey, keyTo[to]);
            to++;
        }
        return to;
    }

    /** As many rows from {@code from} as waste no more than their share of what the call may waste. */
    private static Slice slice(KeyRanges ranges, int from, int end, double wastePerRow) {
        int[] keyFrom = ranges.from();
        int[] keyTo = ranges.to();
        Slice slice = new Slice(from, from + 1, keyFrom[from], keyTo[from]);
        long pairs = (long) keyTo[from] - keyFrom[from];
        for (int row = from + 1; row < end; row++) {
            int firstKey = Math.min(slice.firstKey, keyFrom[row]);
            int lastKey = Math.max(slice.lastKey, keyTo[row]);
            pairs += keyTo[row] - keyFrom[row];
            int rows = row + 1 - from;
            if ((long) rows * (lastKey - firstKey) - pairs > wastePerRow * rows) {
                break;
            }
            slice = new Slice(from, row + 1, firstKey, lastKey);
        }
        return slice;
    }

    private static List<KeyTile> keyTiles(KeyRanges ranges, List<Slice> slices, int keysMax) {
        int from = slices.getFirst().from;
        int to = slices.getLast().to;
        int firstKey = Integer.MAX_VALUE;
        int lastKey = 0;
        for (Slice slice : slices) {
            firstKey = Math.min(firstKey, slice.firstKey);
            lastKey = Math.max(lastKey, slice.lastKey);
        }
        int commonFrom = firstKey;
        int commonTo = lastKey;
        for (int row = from; row < to; row++) {
            commonFrom = Math.max(commonFrom, ranges.from()[row]);
            commonTo = Math.min(commonTo, ranges.to()[row]);
        }
        if (slices.size() == 1 || commonTo - commonFrom < COMMON_KEYS_MIN) {
            commonFrom = firstKey;
            commonTo = firstKey;
        }
        List<KeyTile> tiles = new ArrayList<>();
        int perTile = keysPerTile(lastKey - firstKey, keysMax);
        for (int key = firstKey; key < lastKey; key += perTile) {
            int end = Math.min(lastKey, key + perTile);
            List<Piece> pieces = new ArrayList<>();
            addPiece(pieces, 0, to - from, key, end, commonFrom, commonTo);
            for (Slice slice : slices) {
                int row = slice.from - from;
                int rows = slice.to - slice.from;
                addPiece(pieces, row, rows, key, end, slice.firstKey, commonFrom);
                addPiece(pieces, row, rows, key, end, Math.max(slice.firstKey, commonTo), slice.lastKey);
            }
            tiles.add(new KeyTile(key, end - key, List.copyOf(pieces)));
        }
        return List.copyOf(tiles);
    }

    /** Equal pieces of the tile's keys, in whole vectors, so that no sliver is left. */
    private static int keysPerTile(int keys, int keysMax) {
        int tiles = (keys + keysMax - 1) / keysMax;
        int even = (keys + tiles - 1) / tiles;
        return Math.min(keysMax, (even + VectorMath.LANES - 1) / VectorMath.LANES * VectorMath.LANES);
    }

    /** The part of keys {@code [from, to)} that lies in the key tile {@code [tileFrom, tileTo)}, if there is any. */
    private static void addPiece(List<Piece> pieces, int row, int rows, int tileFrom, int tileTo, int from, int to) {
        int first = Math.max(from, tileFrom);
        int last = Math.min(to, tileTo);
        if (first < last) {
            pieces.add(new Piece(row, rows, first - tileFrom, last - first));
        }
    }

    int rows() {
        return to - from;
    }

    /** Pairs that the products of this tile compute. */
    long pairs() {
        long pairs = 0;
        for (KeyTile keyTile : keyTiles) {
            for (Piece piece : keyTile.pieces) {
                pairs += (long) piece.rows * piece.keys;
            }
        }
        return pairs;
    }

    /** First column of a key tile that row {@code row} sees, in the tile's numbering. */
    int firstColumn(int row, KeyTile keyTile) {
        return Math.clamp(ranges.from()[row] - (long) keyTile.from, 0, keyTile.keys);
    }

    int lastColumn(int row, KeyTile keyTile) {
        return Math.clamp(ranges.to()[row] - (long) keyTile.from, 0, keyTile.keys);
    }
}
