package io.longreel.ops.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
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

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.6933594f;
    private static final float LN2_LOW = -2.1219444e-4f;
    /** Adding and subtracting this rounds to an integer; its low bits then hold that integer. */
    private static final float ROUNDING = 12582912f;

    private static final float EXP_MIN = -87.3f;
    private static final float EXP_MAX = 88.3f;
    private static final float INVERSE_SQRT_2 = 0.70710677f;

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

    /** {@code e^x}, saturating at the ends of the fp32 range instead of becoming 0 or infinite. */
    static FloatVector exp(FloatVector x) {
        return expOfNegative(x.blend(EXP_MAX, x.compare(VectorOperators.GT, EXP_MAX)));
    }

    /** {@code e^x} for {@code x <= 0} (or NaN): at least 1e-38, never 0. */
    static FloatVector expOfNegative(FloatVector x) {
        FloatVector clamped = x.blend(EXP_MIN, x.compare(VectorOperators.LT, EXP_MIN));
        FloatVector shifted =
                clamped.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUNDING));
        FloatVector n = shifted.sub(ROUNDING);
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
        FloatVector q = FloatVector.broadcast(SPECIES, 0.001381388f)
                .fma(r, FloatVector.broadcast(SPECIES, 0.008369063f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.041668423f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.16666518f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.49999994f));
        FloatVector power = q.mul(r).fma(r, r).add(1f);
        // 2^n from its exponent bits; multiplied, not added to the bits, so that NaN stays NaN.
        FloatVector two = shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, 23)
                .add(127 << 23)
                .reinterpretAsFloats();
        return power.mul(two);
    }

    /** {@code 1 / (1 + e^-x)}. */
    static FloatVector sigmoid(FloatVector x) {
        return FloatVector.broadcast(SPECIES, 1f).div(exp(x.neg()).add(1f));
    }

    /** {@code e^(-x^2 / 2)}. */
    static FloatVector bell(FloatVector x) {
        return expOfNegative(x.mul(x).mul(-0.5f));
    }

    /** Standard normal distribution function, {@code (1 + erf(x / sqrt 2)) / 2}; {@code bell} is {@link #bell} of the same x. */
    static FloatVector normalCdf(FloatVector x, FloatVector bell) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector t = one.div(x.abs().fma(FloatVector.broadcast(SPECIES, 0.3f * INVERSE_SQRT_2), one));
        FloatVector p = FloatVector.broadcast(SPECIES, -0.12943283f)
                .fma(t, FloatVector.broadcast(SPECIES, 0.4850899f))
                .fma(t, FloatVector.broadcast(SPECIES, -0.5112117f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.5463764f))
                .fma(t, FloatVector.broadcast(SPECIES, -0.09361691f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.2144294f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.14848445f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.17069161f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.16918963f));
        FloatVector upperTail = p.mul(t).mul(bell).mul(0.5f);
        return one.sub(upperTail).blend(upperTail, x.compare(VectorOperators.LT, 0f));
    }
}
