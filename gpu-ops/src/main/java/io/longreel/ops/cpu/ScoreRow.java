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
 * column 0. Every loop works in whole vectors and so runs up to {@link #SLACK} columns beyond {@code to}, which the row's stride leaves
 * room for: loops without a masked remainder compile to the same code whatever mask the process saw first. What they leave there, and
 * columns hidden from the row, {@link #hide} zeroes. Stateless; any thread.
 */
final class ScoreRow {
    /** Columns behind the last one of a row that its loops may overwrite. */
    static final int SLACK = 2 * LANES;

    private static final FloatVector MINUS_INFINITY = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);

    private ScoreRow() {}

    /** Makes the columns behind {@code to} that the loops touch count for nothing in {@link #max} and {@link #exponentiate}. */
    static void seal(MemorySegment scores, long row, int to) {
        store(MINUS_INFINITY, scores, row + (long) to * Float.BYTES);
        store(MINUS_INFINITY, scores, row + (long) (to + LANES) * Float.BYTES);
    }

    /** Largest score of a sealed row; NaN scores do not count here, they reach the sum instead. */
    static float max(MemorySegment scores, long row, int from, int to) {
        // Fresh broadcasts: a running value that starts from a shared constant lives on the heap.
        FloatVector max0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector max1 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int j = from; j < to; j += 2 * LANES) {
            long at = row + (long) j * Float.BYTES;
            FloatVector x0 = load(scores, at);
            FloatVector x1 = load(scores, at + VectorMath.VECTOR_BYTES);
            max0 = max0.blend(x0, x0.compare(VectorOperators.GT, max0));
            max1 = max1.blend(x1, x1.compare(VectorOperators.GT, max1));
        }
        return max0.max(max1).reduceLanes(VectorOperators.MAX);
    }

    /** Replaces each score of a sealed row by {@code e^(score - max)} and returns their sum. */
    static float exponentiate(MemorySegment scores, long row, int from, int to, float max) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = from; j < to; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at).sub(max));
            store(p, scores, at);
            sum = sum.add(p);
        }
        return VectorMath.sum(sum);
    }

    /** Replaces scores by probabilities {@code p = e^(score - lse)}, and the gradients of p by {@code p * (dp - delta)}. */
    static void differentiate(
            MemorySegment scores, MemorySegment gradients, long row, int from, int to, float lse, float delta) {
        for (int j = from; j < to; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            FloatVector p = VectorMath.expOfNegative(load(scores, at).sub(lse));
            FloatVector ds = load(gradients, at).sub(delta).mul(p);
            store(p, scores, at);
            store(ds, gradients, at);
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
        int whole = SPECIES.loopBound(count);
        for (int j = 0; j < whole; j += LANES) {
            long bytes = at + (long) j * Float.BYTES;
            store(load(values, bytes).mul(factor), values, bytes);
        }
        if (whole < count) {
            VectorMask<Float> tail = SPECIES.indexInRange(whole, count);
            long bytes = at + (long) whole * Float.BYTES;
            store(load(values, bytes, tail).mul(factor), values, bytes, tail);
        }
    }
}
