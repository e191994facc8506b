package io.longreel.ops.exact;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/**
 * A sum in fixed point: each term is rounded once, to a multiple of 2^-68, and whole numbers are added from then on, so that the same terms
 * give the same bits in whatever order and grouping they come ({@link DType#SUM128} holds one per element).
 *
 * <p>The sum is {@code whole * 2^-16 + part * 2^-68} with {@code 0 <= part < 2^52}. A term that is not finite, or not below 2^20 in magnitude,
 * poisons the sum for good: it reads as NaN, and so does everything it is added to. Up to 2^26 terms whole numbers cannot overflow; should
 * they come near it with more, the sum is poisoned too. It never wraps.
 */
public final class FixedSum {
    /** Terms must be smaller in magnitude. */
    public static final double TERM_LIMIT = 0x1p20;

    /** Largest error of one term: half the smallest unit. */
    public static final double TERM_ERROR = 0x1p-69;

    /** Most terms that {@link #add(double[], int)} takes at once: parts of 51 bits do not overflow. */
    public static final int BLOCK = 1024;

    private static final double WHOLE_UNIT = 0x1p-16;
    private static final double PART_UNIT = 0x1p-68;
    private static final int PART_BITS = 52;
    private static final long PART_MASK = (1L << PART_BITS) - 1;
    private static final long WHOLE_LIMIT = 1L << 62;
    private static final long POISON = Long.MIN_VALUE;

    private long whole;
    private long part;

    public void clear() {
        whole = 0;
        part = 0;
    }

    public void add(double term) {
        if (!(Math.abs(term) < TERM_LIMIT)) {
            poison();
            return;
        }
        // Exact: scaling up by a power of two, and a difference of at most 1/2 that is a multiple of the last bit.
        double scaled = term * (1 / WHOLE_UNIT);
        double rounded = Math.rint(scaled);
        long rest = (long) Math.rint((scaled - rounded) * (1L << PART_BITS));
        addUnits((long) rounded, rest);
    }

    /** Adds the first {@code count} terms, at most {@link #BLOCK}; the same as one by one, and faster: carries wait. */
    public void add(double[] terms, int count) {
        if (count > BLOCK) {
            throw new IllegalArgumentException(
                    "carries cannot wait so long: count=%d block=%d".formatted(count, BLOCK));
        }
        double largest = 0;
        long wholes = 0;
        long parts = 0;
        for (int i = 0; i < count; i++) {
            double scaled = terms[i] * (1 / WHOLE_UNIT);
            double rounded = Math.rint(scaled);
            largest = Math.max(largest, Math.abs(terms[i])); // NaN stays
            wholes += (long) rounded;
            parts += (long) Math.rint((scaled - rounded) * (1L << PART_BITS));
        }
        if (largest < TERM_LIMIT) {
            addUnits(wholes, parts);
        } else {
            poison();
        }
    }

    /** Adds another sum. */
    public void add(FixedSum other) {
        addUnits(other.whole, other.part);
    }

    /** The sum as the nearest double; NaN when it is poisoned. */
    public double value() {
        return whole == POISON ? Double.NaN : whole * WHOLE_UNIT + part * PART_UNIT;
    }

    /** Takes element {@code index} of a {@link DType#SUM128} tensor. */
    public void load(Tensor sums, long index) {
        whole = sums.segment().getAtIndex(ValueLayout.JAVA_LONG, 2 * index);
        part = sums.segment().getAtIndex(ValueLayout.JAVA_LONG, 2 * index + 1);
    }

    /** Writes element {@code index} of a {@link DType#SUM128} tensor. */
    public void store(Tensor sums, long index) {
        sums.segment().setAtIndex(ValueLayout.JAVA_LONG, 2 * index, whole);
        sums.segment().setAtIndex(ValueLayout.JAVA_LONG, 2 * index + 1, part);
    }

    private void addUnits(long moreWhole, long morePart) {
        if (whole == POISON || moreWhole == POISON) {
            poison();
            return;
        }
        long parts = part + morePart;
        long sum = whole + moreWhole + (parts >> PART_BITS);
        if (Math.abs(sum) >= WHOLE_LIMIT) {
            poison();
            return;
        }
        whole = sum;
        part = parts & PART_MASK;
    }

    private void poison() {
        whole = POISON;
        part = 0;
    }
}
