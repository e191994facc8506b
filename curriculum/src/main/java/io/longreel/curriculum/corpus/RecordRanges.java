package io.longreel.curriculum.corpus;

import java.util.Arrays;

/** Where the records of a file lie: 12 bytes for each. Filled by the one thread that opens the file, then read by any. */
final class RecordRanges {
    private long[] offsets = new long[64];
    private int[] lengths = new int[64];
    private int count;

    void add(long offset, int length) {
        if (count == offsets.length) {
            int capacity = Math.addExact(count, count / 2);
            offsets = Arrays.copyOf(offsets, capacity);
            lengths = Arrays.copyOf(lengths, capacity);
        }
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    /** Gives back what growing left over. */
    RecordRanges trimmed() {
        offsets = Arrays.copyOf(offsets, count);
        lengths = Arrays.copyOf(lengths, count);
        return this;
    }

    int count() {
        return count;
    }

    long offset(int index) {
        return offsets[index];
    }

    int length(int index) {
        return lengths[index];
    }

    /** Bytes that the index takes. */
    long sizeBytes() {
        return (long) offsets.length * Long.BYTES + (long) lengths.length * Integer.BYTES;
    }
}
