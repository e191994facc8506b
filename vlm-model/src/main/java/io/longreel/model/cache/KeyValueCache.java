package io.longreel.model.cache;

import io.longreel.model.shard.Span;
import io.longreel.model.state.Arenas;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The keys and values that one rank keeps, of all layers, in pages of a fixed number of rows: nothing grows or moves once it is open. A sequence gets
 * all pages that it can ever need when it begins, side by side where there is room, and gives them back at its end. Ranks that begin and end the same
 * sequences in the same order have the same pages free. Owned by a rank's session, used by its compute thread.
 *
 * <p>Legend: S rows, K own key/value heads, H key dim, V value dim.
 */
public final class KeyValueCache implements AutoCloseable {
    /** Rows of a page: a kernel is called once per stretch of neighbouring pages, and half a page is lost per sequence. */
    public static final int PAGE_ROWS = 64;

    private final Shape shape;
    private final TensorArena arena;
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final BitSet taken = new BitSet();

    /** What a cache holds. */
    public record Shape(int layers, int kvHeads, int keyDim, int valueDim, int pages) {
        public Shape {
            if (layers < 1 || kvHeads < 1 || keyDim < 1 || valueDim < 1 || pages < 1) {
                throw new IllegalArgumentException(
                        "a cache must have layers, heads and pages: layers=%d kvHeads=%d keyDim=%d valueDim=%d pages=%d"
                                .formatted(layers, kvHeads, keyDim, valueDim, pages));
            }
        }

        /** Memory of one page. */
        public long pageBytes() {
            return (long) layers * PAGE_ROWS * kvHeads * (keyDim + valueDim) * Float.BYTES;
        }

        /** Of all pages. */
        public int rows() {
            return Math.multiplyExact(pages, PAGE_ROWS);
        }

        private long sizeBytes() {
            int rows = rows();
            return layers
                    * (TensorArena.sizeBytes(DType.F32, rows, kvHeads, keyDim)
                            + TensorArena.sizeBytes(DType.F32, rows, kvHeads, valueDim));
        }
    }

    private KeyValueCache(Shape shape, Arenas arenas) {
        this.shape = shape;
        this.arena = arenas.open("key-value-cache", shape.sizeBytes());
        int rows = shape.rows();
        for (int layer = 0; layer < shape.layers(); layer++) {
            keys.add(arena.allocate(rows, shape.kvHeads(), shape.keyDim()));
            values.add(arena.allocate(rows, shape.kvHeads(), shape.valueDim()));
        }
    }

    public static KeyValueCache open(Shape shape, Arenas arenas) {
        return new KeyValueCache(shape, arenas);
    }

    public Shape shape() {
        return shape;
    }

    /** Pages that {@code rows} rows take. */
    public static int pagesFor(int rows) {
        return Math.ceilDiv(rows, PAGE_ROWS);
    }

    /** Pages that no sequence has. */
    public int freePages() {
        return shape.pages() - taken.cardinality();
    }

    /**
     * Begins a sequence of at most so many rows on this rank.
     *
     * @throws IllegalStateException when there are not enough pages: whoever admits sequences has to count
     */
    public CachedSequence begin(int rowsMax) {
        return new CachedSequence(this, take(pagesFor(rowsMax)));
    }

    int[] take(int count) {
        if (count > freePages()) {
            throw new IllegalStateException(
                    "sequences must fit the free pages: wanted=%d free=%d".formatted(count, freePages()));
        }
        int[] pages = new int[count];
        int first = stretchOf(count);
        for (int i = 0; i < count; i++) {
            pages[i] = first >= 0 ? first + i : taken.nextClearBit(0);
            taken.set(pages[i]);
        }
        return pages;
    }

    /** First of {@code count} free pages side by side, or -1. */
    private int stretchOf(int count) {
        int from = taken.nextClearBit(0);
        while (from + count <= shape.pages()) {
            int next = taken.nextSetBit(from);
            if (next < 0 || next >= from + count) {
                return from;
            }
            from = taken.nextClearBit(next);
        }
        return -1;
    }

    void giveBack(int[] pages) {
        for (int page : pages) {
            taken.clear(page);
        }
    }

    /** Keys of a layer, {@code [S, K, H]}: a view of rows side by side. */
    public Tensor keys(int layer, Span rows) {
        return keys.get(layer).slice(rows.from(), rows.to());
    }

    /** Values of a layer, {@code [S, K, V]}, likewise. */
    public Tensor values(int layer, Span rows) {
        return values.get(layer).slice(rows.from(), rows.to());
    }

    @Override
    public void close() {
        arena.close();
    }
}
