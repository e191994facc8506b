package io.longreel.model.attention;

/**
 * Widths of a head: of queries and keys, and of values and outputs. They differ in multi-head latent attention.
 *
 * @param key H
 * @param value V
 */
public record HeadDims(int key, int value) {

    public HeadDims {
        if (key < 1 || value < 1) {
            throw new IllegalArgumentException("heads must have widths: key=%d value=%d".formatted(key, value));
        }
    }

    /** Queries, keys and values of one width. */
    public static HeadDims of(int dim) {
        return new HeadDims(dim, dim);
    }
}
