package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Layer norm and RMS norm in vector loops. Lanes beyond the last column are read as 0 through a mask, which leaves sums as they are.
 * Backward passes take a few rows at a time: first the parameter gradients of those rows (column by column, so that their sums stay in
 * registers), then {@code dx}, which may overwrite {@code dy}. Stateless; any thread.
 */
final class CpuNorm implements NormKernels {
    /** Rows per round of a backward pass: their x and dy stay in cache, and sums over many rows get two levels. */
    private static final int ROWS_PER_ROUND = 64;

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor y, Tensor mean, Tensor rstd) {
        Shapes.sameElements(x, y);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("beta", beta, x.columns());
        Shapes.elements("mean", mean, x.rows());
        Shapes.elements("rstd", rstd, x.rows());
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns * Float.BYTES;
            float rowMean = sum(x.segment(), row, columns) / columns;
            float variance = centredSquares(x.segment(), row, columns, rowMean) / columns;
            float rowRstd = (float) (1 / Math.sqrt(variance + (double) eps));
            for (int j = 0; j < columns; j += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
                long at = (long) j * Float.BYTES;
                FloatVector normal =
                        load(x.segment(), row + at, mask).sub(rowMean).mul(rowRstd);
                FloatVector out = normal.fma(load(gamma.segment(), at, mask), load(beta.segment(), at, mask));
                store(out, y.segment(), row + at, mask);
            }
            mean.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, rowMean);
            rstd.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, rowRstd);
        }
    }

    private static float sum(MemorySegment x, long row, int columns) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < columns; j += LANES) {
            sum = sum.add(load(x, row + (long) j * Float.BYTES, SPECIES.indexInRange(j, columns)));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    private static float centredSquares(MemorySegment x, long row, int columns, float mean) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            FloatVector centred = load(x, row + (long) j * Float.BYTES, mask).sub(mean, mask);
            sum = centred.fma(centred, sum);
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    public void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gamma,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dGamma,
            @Nullable Tensor dBeta) {
        Shapes.sameElements(x, dy, dx);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("mean", mean, x.rows());
        Shapes.elements("rstd", rstd, x.rows());
        requireColumns(x, dGamma, dBeta);
        for (int from = 0; from < x.rows(); from += ROWS_PER_ROUND) {
            int to = Math.min(x.rows(), from + ROWS_PER_ROUND);
            if (dGamma != null) {
                addGammaGradient(dy, x, mean, rstd, from, to, dGamma);
            }
            if (dBeta != null) {
                CpuLinear.addColumnSums(dy, from, to, dBeta);
            }
            for (int i = from; i < to; i++) {
                layerNormRow(dy, x, gamma, at(mean, i), at(rstd, i), i, dx);
            }
        }
    }

    private static void layerNormRow(Tensor dy, Tensor x, Tensor gamma, float mean, float rstd, int i, Tensor dx) {
        int columns = x.columns();
        long row = (long) i * columns * Float.BYTES;
        FloatVector sum = FloatVector.zero(SPECIES);
        FloatVector sumNormal = FloatVector.zero(SPECIES);
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy.segment(), row + at, mask).mul(load(gamma.segment(), at, mask));
            sum = sum.add(scaled);
            sumNormal = load(x.segment(), row + at, mask).sub(mean).mul(rstd).fma(scaled, sumNormal);
        }
        float meanScaled = sum.reduceLanes(VectorOperators.ADD) / columns;
        float meanNormal = sumNormal.reduceLanes(VectorOperators.ADD) / columns;
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy.segment(), row + at, mask).mul(load(gamma.segment(), at, mask));
            FloatVector normal = load(x.segment(), row + at, mask).sub(mean).mul(rstd);
            FloatVector gradient =
                    scaled.sub(meanScaled).sub(normal.mul(meanNormal)).mul(rstd);
            store(gradient, dx.segment(), row + at, mask);
        }
    }

    /** {@code dGamma += sum over rows of dy * (x - mean) * rstd}; without a mean for RMS norm. */
    private static void addGammaGradient(
            Tensor dy, Tensor x, @Nullable Tensor mean, Tensor rstd, int from, int to, Tensor dGamma) {
        int columns = x.columns();
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int i = from; i < to; i++) {
                long at = ((long) i * columns + j) * Float.BYTES;
                float rowMean = mean == null ? 0f : at(mean, i);
                FloatVector normal = load(x.segment(), at, mask).sub(rowMean).mul(at(rstd, i));
                sum = normal.fma(load(dy.segment(), at, mask), sum);
            }
            long at = (long) j * Float.BYTES;
            store(load(dGamma.segment(), at, mask).add(sum), dGamma.segment(), at, mask);
        }
    }

    @Override
    public void rmsNorm(Tensor x, Tensor gamma, float eps, Tensor y, Tensor rstd) {
        Shapes.sameElements(x, y);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns * Float.BYTES;
            float meanSquare = centredSquares(x.segment(), row, columns, 0f) / columns;
            float rowRstd = (float) (1 / Math.sqrt(meanSquare + (double) eps));
            for (int j = 0; j < columns; j += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
                long at = (long) j * Float.BYTES;
                FloatVector normal = load(x.segment(), row + at, mask).mul(rowRstd);
                store(normal.mul(load(gamma.segment(), at, mask)), y.segment(), row + at, mask);
            }
            rstd.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, rowRstd);
        }
    }

    @Override
    public void rmsNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, @Nullable Tensor dGamma) {
        Shapes.sameElements(x, dy, dx);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        requireColumns(x, dGamma, null);
        for (int from = 0; from < x.rows(); from += ROWS_PER_ROUND) {
            int to = Math.min(x.rows(), from + ROWS_PER_ROUND);
            if (dGamma != null) {
                addGammaGradient(dy, x, null, rstd, from, to, dGamma);
            }
            for (int i = from; i < to; i++) {
                rmsNormRow(dy, x, gamma, at(rstd, i), i, dx);
            }
        }
    }

    private static void rmsNormRow(Tensor dy, Tensor x, Tensor gamma, float rstd, int i, Tensor dx) {
        int columns = x.columns();
        long row = (long) i * columns * Float.BYTES;
        FloatVector sumNormal = FloatVector.zero(SPECIES);
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy.segment(), row + at, mask).mul(load(gamma.segment(), at, mask));
            sumNormal = load(x.segment(), row + at, mask).mul(rstd).fma(scaled, sumNormal);
        }
        float meanNormal = sumNormal.reduceLanes(VectorOperators.ADD) / columns;
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, columns);
            long at = (long) j * Float.BYTES;
            FloatVector scaled = load(dy.segment(), row + at, mask).mul(load(gamma.segment(), at, mask));
            FloatVector normal = load(x.segment(), row + at, mask).mul(rstd);
            store(scaled.sub(normal.mul(meanNormal)).mul(rstd), dx.segment(), row + at, mask);
        }
    }

    private static void requireColumns(Tensor x, @Nullable Tensor dGamma, @Nullable Tensor dBeta) {
        if (dGamma != null) {
            Shapes.elements("dGamma", dGamma, x.columns());
        }
        if (dBeta != null) {
            Shapes.elements("dBeta", dBeta, x.columns());
        }
    }

    private static float at(Tensor statistics, int row) {
        return statistics.segment().getAtIndex(ValueLayout.JAVA_FLOAT, row);
    }
}
