package io.longreel.model.verify;

/** A bit for every query-key pair of a sequence, row by row. */
final class PairMatrix {
    private final int tokens;
    private final int words;
    private final long[] bits;

    PairMatrix(int tokens) {
        this.tokens = tokens;
        this.words = (tokens + Long.SIZE - 1) / Long.SIZE;
        this.bits = new long[tokens * words];
    }

    /** The pairs that a rule allows. */
    static PairMatrix of(TokenSequence sequence, PairRule rule) {
        PairMatrix matrix = new PairMatrix(sequence.tokens());
        for (int q = 0; q < sequence.tokens(); q++) {
            for (int k = 0; k < sequence.tokens(); k++) {
                if (rule.visible(sequence, q, k)) {
                    matrix.set(q, k);
                }
            }
        }
        return matrix;
    }

    int tokens() {
        return tokens;
    }

    /** Longs per row. */
    int words() {
        return words;
    }

    long word(int query, int word) {
        return bits[query * words + word];
    }

    boolean get(int query, int key) {
        return (word(query, key / Long.SIZE) >>> key & 1) != 0;
    }

    void set(int query, int key) {
        bits[query * words + key / Long.SIZE] |= 1L << key;
    }

    /** The same pairs with keys numbered anew: key k becomes {@code place[k]}; keys whose place is negative are left out. */
    PairMatrix withKeysAt(int[] place) {
        PairMatrix moved = new PairMatrix(tokens);
        for (int q = 0; q < tokens; q++) {
            for (int w = 0; w < words; w++) {
                for (long left = word(q, w); left != 0; left &= left - 1) {
                    int to = place[w * Long.SIZE + Long.numberOfTrailingZeros(left)];
                    if (to >= 0) {
                        moved.set(q, to);
                    }
                }
            }
        }
        return moved;
    }

    /** Writes the keys of a query into {@code keys} and returns how many there are. */
    int keys(int query, int[] keys) {
        int count = 0;
        for (int w = 0; w < words; w++) {
            for (long left = word(query, w); left != 0; left &= left - 1) {
                keys[count++] = w * Long.SIZE + Long.numberOfTrailingZeros(left);
            }
        }
        return count;
    }

    long pairs() {
        long count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }
}
