package io.longreel.transport;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Element-wise fp32 sum of several segments, left to right in the order given: {@code ((s0 + s1) + s2) + ...}. The order of additions depends on
 * nothing else, so the bits do not either. Works in blocks through two small heap arrays that stay in the first-level cache, because the
 * compiler turns loops over arrays into vector instructions, and loops over segments that may overlap not. One per rank.
 */
final class MemberOrderSum {
    private static final int BLOCK = 2048;

    private final float[] sum = new float[BLOCK];
    private final float[] term = new float[BLOCK];

    /** Writes the sum of the first {@code elements} floats of every term into {@code target}, which may be one of them. */
    void sum(MemorySegment[] terms, MemorySegment target, long elements) {
        for (long start = 0; start < elements; start += BLOCK) {
            int length = (int) Math.min(BLOCK, elements - start);
            long offset = start * Float.BYTES;
            MemorySegment.copy(terms[0], ValueLayout.JAVA_FLOAT_UNALIGNED, offset, sum, 0, length);
            for (int t = 1; t < terms.length; t++) {
                MemorySegment.copy(terms[t], ValueLayout.JAVA_FLOAT_UNALIGNED, offset, term, 0, length);
                for (int i = 0; i < length; i++) {
                    sum[i] += term[i];
                }
            }
            MemorySegment.copy(sum, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, length);
        }
    }
}
