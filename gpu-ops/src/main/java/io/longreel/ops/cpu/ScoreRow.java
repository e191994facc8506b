package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The vector loops of attention over one row of a score tile, from column {@code from} to {@code to}; byte offsets are of the row's
 * column 0. Columns outside are hidden from the row, and {@link #hide} zeroes them. Stateless; any thread.
 */
final class ScoreRow {
    private ScoreRow() {}

    /** Largest score; NaN scores do not count here, they reach the sum instead. */
    static float max(MemorySegment scores, long row, int from, int to) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector max0 = lowest;
        FloatVector max1 = lowest;
        FloatVector max2 = lowest;
        FloatVector max3 = lowest;
        int j = from;
        for (; j <= to - 4 * LANES; j += 4 * LANES) {
            long at = row + (long) j * Float.BYTES;
            max0 = larger(max0, load(scores, at));
            max1 = larger(max1, load(scores, at + VectorMath.VECTOR_BYTES));
            max2 = larger(max2, load(scores, at + 2L * VectorMath.VECTOR_BYTES));
            max3 = larger(max3, load(scores, at + 3L * VectorMath.VECTOR_BYTES));
        }
        for (; j <= to - LANES; j += LANES) {
            max0 = larger(max0, load(scores, row + (long) j * Float.BYTES));
        }
        if (j < to) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, to);
            FloatVector tail = load(scores, row + (long) j * Float.BYTES, mask);
            max1 = larger(max1, lowest.blend(tail, mask));
        }
        return larger(larger(max0, max1), larger(max2, max3)).reduceLanes(VectorOperators.MAX);
    }

    private static FloatVector larger(FloatVector a, FloatVector b) {
        return a.blend(b, b.compare(VectorOperators.GT, a));
    }

    /** Replaces each score by {@code e^(score - max)} and returns their sum. */
    static float exponentiate(MemorySegment scores, long row, int from, int to, float max) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int j = from;
        for (; j <= to - LANES; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at).sub(max));
            store(p, scores, at);
            sum = sum.add(p);
        }
        if (j < to) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, to);
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at, mask).sub(max));
            store(p, scores, at, mask);
            sum = sum.add(p, mask);
        }
        return VectorMath.sum(sum);
    }

    /** Replaces scores by probabilities {@code p = e^(score - lse)}, and the gradients of p by {@code p * (dp - delta)}. */
    static void differentiate(
            MemorySegment scores, MemorySegment gradients, long row, int from, int to, float lse, float delta) {
        int j = from;
        for (; j <= to - LANES; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at).sub(lse));
            FloatVector ds = load(gradients, at).sub(delta).mul(p);
            store(p, scores, at);
            store(ds, gradients, at);
        }
        if (j < to) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, to);
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at, mask).sub(lse));
            FloatVector ds = load(gradients, at, mask).sub(delta).mul(p);
            store(p, scores, at, mask);
            store(ds, gradients, at, mask);
        }
    }

    /** Zeroes all columns of the row outside {@code [from, to)}. */
    static void hide(MemorySegment scores, long row, int from, int to, int columns) {
        fill(scores, row, 0, from);
        fill(scores, row, to, columns);
    }

    private static void fill(MemorySegment scores, long row, int from, int to) {
        FloatVector zero = FloatVector.zero(SPECIES);
        int j = from;
        for (; j <= to - LANES; j += LANES) {
            store(zero, scores, row + (long) j * Float.BYTES);
        }
        if (j < to) {
            store(zero, scores, row + (long) j * Float.BYTES, SPECIES.indexInRange(j, to));
        }
    }

    /** Multiplies {@code count} floats from {@code at} (bytes) by a factor. */
    static void scale(MemorySegment values, long at, int count, float factor) {
        for (int j = 0; j < count; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, count);
            long bytes = at + (long) j * Float.BYTES;
            store(load(values, bytes, mask).mul(factor), values, bytes, mask);
        }
    }

    /** {@code e^x} of one number at most 0, through the vector function: one such per row and tile must not cost a library call. */
    static float exp(float x) {
        return VectorMath.expOfNegative(FloatVector.broadcast(SPECIES, x)).lane(0);
    }
}
