package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * The vector loops of the norms over one row of {@code columns} floats that starts at byte {@code row}. A row is whole vectors and one
 * masked one; masked-out lanes are read as 0. RMS norm is the case of mean 0. Stateless; any thread.
 */
final class NormRow {
    private NormRow() {}

    static float sum(MemorySegment x, long row, int columns) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            sum = sum.add(load(x, row + (long) j * Float.BYTES));
        }
        if (whole < columns) {
            sum = sum.add(load(x, row + (long) whole * Float.BYTES, VectorMath.tail(columns)));
        }
        return VectorMath.sum(sum);
    }

    /** {@code sum (x - mean)^2}. */
    static float squares(MemorySegment x, long row, int columns, float mean) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector centred = load(x, row + (long) j * Float.BYTES).sub(mean);
            sum = centred.fma(centred, sum);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            FloatVector centred =
                    load(x, row + (long) whole * Float.BYTES, tail).sub(mean, tail);
            sum = centred.fma(centred, sum);
        }
        return VectorMath.sum(sum);
    }

    /** {@code y = (x - mean) rstd gamma + beta}. */
    static void normalise(
            MemorySegment x,
            long row,
            int columns,
            float mean,
            float rstd,
            MemorySegment gamma,
            MemorySegment beta,
            MemorySegment y) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            FloatVector normal = load(x, row + at).sub(mean).mul(rstd);
            store(normal.fma(load(gamma, at), load(beta, at)), y, row + at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            FloatVector normal = load(x, row + at, tail).sub(mean).mul(rstd);
            store(normal.fma(load(gamma, at, tail), load(beta, at, tail)), y, row + at, tail);
        }
    }

    /** {@code y = x rstd gamma}. */
    static void scale(MemorySegment x, long row, int columns, float rstd, MemorySegment gamma, MemorySegment y) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            store(load(x, row + at).mul(rstd).mul(load(gamma, at)), y, row + at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            store(load(x, row + at, tail).mul(rstd).mul(load(gamma, at, tail)), y, row + at, tail);
        }
    }

    /** {@code sum dy gamma}. */
    static float scaledSum(MemorySegment dy, long row, int columns, MemorySegment gamma) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            sum = load(dy, row + at).fma(load(gamma, at), sum);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            sum = load(dy, row + at, tail).fma(load(gamma, at, tail), sum);
        }
        return VectorMath.sum(sum);
    }

    /** {@code sum dy gamma (x - mean) rstd}. */
    static float normalSum(
            MemorySegment dy, MemorySegment x, long row, int columns, float mean, float rstd, MemorySegment gamma) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy, row + at).mul(load(gamma, at));
            sum = load(x, row + at).sub(mean).fma(scaled, sum);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            FloatVector scaled = load(dy, row + at, tail).mul(load(gamma, at, tail));
            sum = load(x, row + at, tail).sub(mean).fma(scaled, sum);
        }
        return VectorMath.sum(sum) * rstd;
    }

    /** {@code dx = rstd (dy gamma - meanScaled - normal meanNormal)}; {@code dx} may be {@code dy}. */
    static void differentiate(
            MemorySegment dy,
            MemorySegment x,
            long row,
            int columns,
            float mean,
            float rstd,
            MemorySegment gamma,
            float meanScaled,
            float meanNormal,
            MemorySegment dx) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy, row + at).mul(load(gamma, at)).sub(meanScaled);
            FloatVector along = load(x, row + at).sub(mean).mul(rstd).mul(meanNormal);
            store(scaled.sub(along).mul(rstd), dx, row + at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            FloatVector scaled =
                    load(dy, row + at, tail).mul(load(gamma, at, tail)).sub(meanScaled);
            FloatVector along = load(x, row + at, tail).sub(mean).mul(rstd).mul(meanNormal);
            store(scaled.sub(along).mul(rstd), dx, row + at, tail);
        }
    }

    /**
     * {@code dGamma += sum of dy (x - mean) rstd} over rows {@code [from, to)}, column by column so that the sums stay in registers; no
     * mean for RMS norm.
     */
    static void addGammaGradient(
            MemorySegment dy,
            MemorySegment x,
            int from,
            int to,
            int columns,
            @Nullable MemorySegment mean,
            MemorySegment rstd,
            MemorySegment dGamma) {
        for (int j = 0; j < columns; j += LANES) {
            addGammaGradient(dy, x, from, to, columns, mean, rstd, dGamma, j);
        }
    }

    /** One vector of columns. */
    private static void addGammaGradient(
            MemorySegment dy,
            MemorySegment x,
            int from,
            int to,
            int columns,
            @Nullable MemorySegment mean,
            MemorySegment rstd,
            MemorySegment dGamma,
            int column) {
        VectorMask<Float> mask = SPECIES.indexInRange(column, columns);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = from; i < to; i++) {
            long at = ((long) i * columns + column) * Float.BYTES;
            float rowMean = mean == null ? 0f : mean.getAtIndex(JAVA_FLOAT, i);
            FloatVector normal = load(x, at, mask).sub(rowMean).mul(rstd.getAtIndex(JAVA_FLOAT, i));
            sum = normal.fma(load(dy, at, mask), sum);
        }
        long at = (long) column * Float.BYTES;
        store(load(dGamma, at, mask).add(sum), dGamma, at, mask);
    }
}
