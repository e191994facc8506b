package io.longreel.ops.exact;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The exact sum of doubles, rounded once when it is read: a small superaccumulator (Neal, "Fast exact summation using small and large
 * superaccumulators", 2015). Digits of 32 bits cover the whole range of a double; a digit has 31 bits to spare, so carries wait. Terms that
 * are not finite are counted beside it.
 */
public final class ExactSum {
    private static final int DIGIT_BITS = 32;
    private static final long DIGIT_MASK = (1L << DIGIT_BITS) - 1;
    /** Bits 0 (worth 2^-1074) to 2098, and room for the carries of 2^60 terms. */
    private static final int DIGITS = 68;

    private static final int NOT_FINITE = DIGITS;
    private static final int MANTISSA_BITS = 52;
    private static final int TERMS_BETWEEN_CARRIES = 1 << 30;

    /** Doubles that {@link #digits} returns: as many for every sum. */
    public static final int DIGIT_COUNT = DIGITS + 1;

    private final long[] digits = new long[DIGITS];
    private long notFinite;
    private int termsSinceCarry;

    public void add(double term) {
        if (!Double.isFinite(term)) {
            notFinite++;
            return;
        }
        long bits = Double.doubleToRawLongBits(term);
        int exponent = (int) (bits >>> MANTISSA_BITS) & 0x7ff;
        long mantissa = bits & ((1L << MANTISSA_BITS) - 1);
        if (exponent > 0) {
            mantissa |= 1L << MANTISSA_BITS;
            exponent--;
        }
        int digit = exponent / DIGIT_BITS;
        int shift = exponent % DIGIT_BITS;
        long sign = term < 0 ? -1 : 1;
        digits[digit] += sign * ((mantissa << shift) & DIGIT_MASK);
        digits[digit + 1] += sign * ((mantissa >>> (DIGIT_BITS - shift)) & DIGIT_MASK);
        if (shift > 0) {
            digits[digit + 2] += sign * (mantissa >>> (2 * DIGIT_BITS - shift));
        }
        if (++termsSinceCarry == TERMS_BETWEEN_CARRIES) {
            carry();
        }
    }

    /**
     * The sum as small whole numbers, the same for the same value: two sums are added by adding these, which doubles do without rounding for up to
     * 2^20 of them.
     */
    public double[] digits() {
        carry();
        double[] out = new double[DIGIT_COUNT];
        for (int i = 0; i < DIGITS; i++) {
            out[i] = digits[i];
        }
        out[NOT_FINITE] = Math.min(notFinite, DIGIT_MASK);
        return out;
    }

    /** A sum from added {@link #digits}. */
    public static ExactSum ofDigits(double[] added) {
        if (added.length != DIGIT_COUNT) {
            throw new IllegalArgumentException(
                    "digits must be those of a sum: length=%d expected=%d".formatted(added.length, DIGIT_COUNT));
        }
        ExactSum sum = new ExactSum();
        for (int i = 0; i < DIGITS; i++) {
            sum.digits[i] = (long) added[i];
        }
        sum.notFinite = (long) added[NOT_FINITE];
        sum.carry();
        return sum;
    }

    /** The sum rounded to the nearest double; NaN when some term was not finite. */
    public double value() {
        if (notFinite > 0) {
            return Double.NaN;
        }
        BigInteger total = BigInteger.ZERO;
        for (int i = DIGITS - 1; i >= 0; i--) {
            total = total.shiftLeft(DIGIT_BITS).add(BigInteger.valueOf(digits[i]));
        }
        return new BigDecimal(total).multiply(new BigDecimal(Double.MIN_VALUE)).doubleValue();
    }

    /** Leaves every digit but the highest in {@code [0, 2^32)}; the highest has the sign. */
    private void carry() {
        for (int i = 0; i + 1 < DIGITS; i++) {
            digits[i + 1] += digits[i] >> DIGIT_BITS;
            digits[i] &= DIGIT_MASK;
        }
        termsSinceCarry = 0;
    }
}
