package io.longreel.model.attention;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;

/**
 * Keys and values of some rows, one behind the other in one buffer, so that a ring sends them as one message; their gradients have the same form.
 * Legend: B rows, K own key/value heads, H key dim, V value dim.
 *
 * @param flat [B K (H + V)]
 * @param k [B, K, H], view
 * @param v [B, K, V], view
 */
record KeyValues(Tensor flat, Tensor k, Tensor v) {

    /** The number of elements for {@code rows} rows. */
    static int elements(int rows, int kvHeads, HeadDims dims) {
        return Math.multiplyExact(Math.multiplyExact(rows, kvHeads), dims.key() + dims.value());
    }

    static KeyValues allocate(TensorArena arena, int rows, int kvHeads, HeadDims dims) {
        return of(arena.allocate(elements(rows, kvHeads, dims)), rows, kvHeads, dims);
    }

    /** The first {@code rows} rows' worth of a buffer. */
    static KeyValues of(Tensor buffer, int rows, int kvHeads, HeadDims dims) {
        int elements = elements(rows, kvHeads, dims);
        int keys = rows * kvHeads * dims.key();
        return new KeyValues(
                buffer.slice(0, elements),
                buffer.slice(0, keys).reshape(rows, kvHeads, dims.key()),
                buffer.slice(keys, elements).reshape(rows, kvHeads, dims.value()));
    }

    int rows() {
        return k.rows();
    }
}
