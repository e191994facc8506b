package io.longreel.curriculum.corpus;

import io.longreel.curriculum.dataset.SeedPath;

/**
 * A pseudo-random order of {@code [0, size)} that is never written down: {@link #at} works out the element at any position, so every rank
 * finds its own without the others' and without memory. A Feistel network (Luby and Rackoff 1988) over the smallest power of two that holds
 * the size, applied again while it leads outside (cycle walking, Black and Rogaway 2002), which takes fewer than two rounds on average.
 *
 * @param size at least 1
 * @param bits of the network's domain
 */
record Permutation(long size, SeedPath key, int bits) {
    private static final int ROUNDS = 8;

    /** Halves of a few bits have few functions to choose from: orders of small sets become even after more rounds only. */
    private static final int ROUNDS_OF_FEW_BITS = 32;

    private static final int FEW_BITS = 7;

    /** Above the bits of any half: rounds ask for different numbers of the key's children. */
    private static final int ROUND_SHIFT = 40;

    static Permutation of(long size, SeedPath key) {
        if (size < 1) {
            throw new IllegalArgumentException("a permutation must have an element: size=%d".formatted(size));
        }
        return new Permutation(size, key, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    }

    long at(long position) {
        if (position < 0 || position >= size) {
            throw new IndexOutOfBoundsException(
                    "position must lie in the permutation: position=%d size=%d".formatted(position, size));
        }
        long element = position;
        do {
            element = encrypt(element);
        } while (element >= size);
        return element;
    }

    /** A bijection of {@code [0, 2^bits)}: each round changes one half by what the other one says, and could be undone by itself. */
    private long encrypt(long value) {
        int lowBits = (bits + 1) / 2;
        long lowMask = (1L << lowBits) - 1;
        long highMask = (1L << (bits - lowBits)) - 1;
        long low = value & lowMask;
        long high = value >>> lowBits;
        int rounds = bits <= FEW_BITS ? ROUNDS_OF_FEW_BITS : ROUNDS;
        for (int round = 0; round < rounds; round += 2) {
            low ^= noise(round, high) & lowMask;
            high ^= noise(round + 1, low) & highMask;
        }
        return high << lowBits | low;
    }

    private long noise(int round, long half) {
        return key.child((long) round << ROUND_SHIFT | half).state();
    }
}
