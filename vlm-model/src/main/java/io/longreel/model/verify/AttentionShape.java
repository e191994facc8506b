package io.longreel.model.verify;

/**
 * Sizes of one attention: T tokens, query heads, key/value heads that they share evenly, dim of queries and keys, dim of values.
 */
record AttentionShape(int tokens, int heads, int kvHeads, int keyDim, int valueDim) {

    AttentionShape {
        if (heads % kvHeads != 0) {
            throw new IllegalArgumentException(
                    "kv heads must be shared evenly: heads=%d kvHeads=%d".formatted(heads, kvHeads));
        }
    }

    /** Factor on the scores. */
    double scale() {
        return 1 / Math.sqrt(keyDim);
    }

    /** Whether several query heads read one key/value head. */
    boolean grouped() {
        return heads != kvHeads;
    }

    /** Values of the largest tensor. */
    long elementsMax() {
        return (long) tokens * heads * Math.max(keyDim, valueDim);
    }

    @Override
    public String toString() {
        String dims = keyDim == valueDim ? String.valueOf(keyDim) : keyDim + "/" + valueDim;
        return "tokens=%d heads=%d/%d dim=%s".formatted(tokens, heads, kvHeads, dims);
    }
}
