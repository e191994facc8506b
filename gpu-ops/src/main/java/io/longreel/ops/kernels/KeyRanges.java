package io.longreel.ops.kernels;

import java.util.Arrays;

/**
 * The attention mask of a block in its general form: query row {@code i} may look at key rows {@code [from[i], to[i])} of the block, and at
 * none when the two are equal. Causal, full, packed documents, sliding window and prefix masks, and their intersections, are all of this
 * form once the rows of a block are a contiguous piece of the sequence.
 */
public record KeyRanges(int[] from, int[] to) {

    public KeyRanges {
        if (from.length != to.length) {
            throw new IllegalArgumentException("ranges must pair up: from=%d to=%d".formatted(from.length, to.length));
        }
    }

    /** Every one of {@code queries} rows sees all {@code keys} rows. */
    public static KeyRanges full(int queries, int keys) {
        int[] to = new int[queries];
        Arrays.fill(to, keys);
        return new KeyRanges(new int[queries], to);
    }

    public int queries() {
        return from.length;
    }

    /** Query-key pairs that the mask allows. */
    public long pairs() {
        long n = 0;
        for (int i = 0; i < from.length; i++) {
            n += to[i] - from[i];
        }
        return n;
    }
}
