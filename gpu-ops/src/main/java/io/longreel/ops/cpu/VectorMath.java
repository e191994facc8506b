package io.longreel.ops.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loads, stores and elementary functions over the lanes of a vector. The polynomials are minimax fits made for this project: exp in the
 * form {@code 1 + r + r^2 q(r)} after range reduction (below 1 ulp), the normal distribution function through {@code erfc(a) e^(a^2) = t
 * P(t)}, {@code t = 1 / (1 + 0.3 a)} (2e-8 relative before rounding). NaN lanes stay NaN. Stateless; any thread.
 */
final class VectorMath {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    static final int VECTOR_BYTES = LANES * Float.BYTES;

    // Constants are vectors, made once: broadcasts that a loop uses twice end up on the heap.
    static final FloatVector ONE = constant(1f);
    private static final FloatVector ZERO = constant(0f);
    private static final FloatVector HALF = constant(0.5f);
    private static final FloatVector MINUS_HALF = constant(-0.5f);
    private static final FloatVector LOG2_E = constant(1.442695f);
    private static final FloatVector MINUS_LN2_HIGH = constant(-0.6933594f);
    private static final FloatVector MINUS_LN2_LOW = constant(0.00021219444f);
    /** Adding and subtracting this rounds to an integer; its low bits then hold that integer. */
    private static final FloatVector ROUNDING = constant(12582912f);

    private static final FloatVector EXP_MIN = constant(-87.3f);
    private static final FloatVector EXP_MAX = constant(88.3f);

    private static final FloatVector EXP_2 = constant(0.49999994f);
    private static final FloatVector EXP_3 = constant(0.16666518f);
    private static final FloatVector EXP_4 = constant(0.041668423f);
    private static final FloatVector EXP_5 = constant(0.008369063f);
    private static final FloatVector EXP_6 = constant(0.001381388f);

    private static final FloatVector INVERSE_SQRT_2_PI = constant(0.3989423f);
    private static final FloatVector ERFC_SLOPE = constant(0.3f * 0.70710677f);
    private static final FloatVector ERFC_1 = constant(0.16918963f);
    private static final FloatVector ERFC_2 = constant(0.17069161f);
    private static final FloatVector ERFC_3 = constant(0.14848445f);
    private static final FloatVector ERFC_4 = constant(0.2144294f);
    private static final FloatVector ERFC_5 = constant(-0.09361691f);
    private static final FloatVector ERFC_6 = constant(0.5463764f);
    private static final FloatVector ERFC_7 = constant(-0.5112117f);
    private static final FloatVector ERFC_8 = constant(0.4850899f);
    private static final FloatVector ERFC_9 = constant(-0.12943283f);

    private static final VectorShuffle<Float> BY_HALF = rotation(LANES / 2);
    private static final VectorShuffle<Float> BY_QUARTER = rotation(LANES / 4);
    private static final VectorShuffle<Float> BY_EIGHTH = rotation(LANES / 8);
    private static final VectorShuffle<Float> BY_SIXTEENTH = rotation(LANES / 16);

    private VectorMath() {}

    static FloatVector load(MemorySegment segment, long offsetBytes) {
        return FloatVector.fromMemorySegment(SPECIES, segment, offsetBytes, ByteOrder.nativeOrder());
    }

    /** Lanes outside the mask are 0 and their memory is not touched. */
    static FloatVector load(MemorySegment segment, long offsetBytes, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, segment, offsetBytes, ByteOrder.nativeOrder(), mask);
    }

    static void store(FloatVector vector, MemorySegment segment, long offsetBytes) {
        vector.intoMemorySegment(segment, offsetBytes, ByteOrder.nativeOrder());
    }

    static void store(FloatVector vector, MemorySegment segment, long offsetBytes, VectorMask<Float> mask) {
        vector.intoMemorySegment(segment, offsetBytes, ByteOrder.nativeOrder(), mask);
    }

    /** Mask of the last, partial vector of {@code count} elements. */
    static VectorMask<Float> tail(long count) {
        return SPECIES.indexInRange(count / LANES * LANES, count);
    }

    /**
     * Sum of the lanes, always in the same order. The vector API's own reduction leaves the order open, and it does differ between interpreted and
     * compiled code: a run would not repeat its bits.
     */
    static float sum(FloatVector x) {
        FloatVector sum = x.add(x.rearrange(BY_HALF));
        sum = sum.add(sum.rearrange(BY_QUARTER));
        if (LANES >= 8) {
            sum = sum.add(sum.rearrange(BY_EIGHTH));
        }
        if (LANES >= 16) {
            sum = sum.add(sum.rearrange(BY_SIXTEENTH));
        }
        return sum.lane(0);
    }

    private static VectorShuffle<Float> rotation(int lanes) {
        return VectorShuffle.iota(SPECIES, lanes, 1, true);
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /** {@code e^x}, saturating at the ends of the fp32 range instead of becoming 0 or infinite. */
    static FloatVector exp(FloatVector x) {
        return expOfNegative(x.blend(EXP_MAX, x.compare(VectorOperators.GT, EXP_MAX)));
    }

    /** {@code e^x} for {@code x <= 0} (or NaN): at least 1e-38, never 0. */
    static FloatVector expOfNegative(FloatVector x) {
        FloatVector clamped = x.blend(EXP_MIN, x.compare(VectorOperators.LT, EXP_MIN));
        FloatVector shifted = clamped.fma(LOG2_E, ROUNDING);
        FloatVector n = shifted.sub(ROUNDING);
        FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, clamped));
        FloatVector q = EXP_6.fma(r, EXP_5).fma(r, EXP_4).fma(r, EXP_3).fma(r, EXP_2);
        FloatVector power = q.mul(r).fma(r, r).add(ONE);
        // 2^n from its exponent bits; multiplied, not added to the bits, so that NaN stays NaN.
        FloatVector two = shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, 23)
                .add(127 << 23)
                .reinterpretAsFloats();
        return power.mul(two);
    }

    /** {@code 1 / (1 + e^-x)}. */
    static FloatVector sigmoid(FloatVector x) {
        return ONE.div(exp(x.neg()).add(ONE));
    }

    /** Standard normal distribution function {@code P(x) = (1 + erf(x / sqrt 2)) / 2}. */
    static FloatVector normalCdf(FloatVector x) {
        VectorMask<Float> below = x.compare(VectorOperators.LT, ZERO);
        FloatVector tail = tailOverBell(x);
        return bell(x).fma(tail.neg().blend(tail, below), ONE.blend(ZERO, below));
    }

    /** {@code (x P(x))' = P(x) + x e^(-x^2 / 2) / sqrt(2 pi)}. */
    static FloatVector normalCdfProductSlope(FloatVector x) {
        VectorMask<Float> below = x.compare(VectorOperators.LT, ZERO);
        FloatVector tail = tailOverBell(x);
        FloatVector overBell = x.fma(INVERSE_SQRT_2_PI, tail.neg().blend(tail, below));
        return bell(x).fma(overBell, ONE.blend(ZERO, below));
    }

    private static FloatVector bell(FloatVector x) {
        return expOfNegative(x.mul(x).mul(MINUS_HALF));
    }

    /** {@code P(-|x|)} over {@link #bell}. */
    private static FloatVector tailOverBell(FloatVector x) {
        FloatVector t = ONE.div(x.abs().fma(ERFC_SLOPE, ONE));
        FloatVector p = ERFC_9.fma(t, ERFC_8)
                .fma(t, ERFC_7)
                .fma(t, ERFC_6)
                .fma(t, ERFC_5)
                .fma(t, ERFC_4)
                .fma(t, ERFC_3)
                .fma(t, ERFC_2)
                .fma(t, ERFC_1);
        return p.mul(t).mul(HALF);
    }
}
