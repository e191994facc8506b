package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Layer norm and RMS norm, row by row. Backward passes take a few rows at a time: first the parameter gradients of those rows, then
 * {@code dx}, which may overwrite {@code dy}. Stateless; any thread.
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
        MemorySegment in = x.segment();
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns * Float.BYTES;
            float rowMean = NormRow.sum(in, row, columns) / columns;
            float variance = NormRow.squares(in, row, columns, rowMean) / columns;
            float rowRstd = (float) (1 / Math.sqrt(variance + (double) eps));
            NormRow.normalise(in, row, columns, rowMean, rowRstd, gamma.segment(), beta.segment(), y.segment());
            mean.segment().setAtIndex(JAVA_FLOAT, i, rowMean);
            rstd.segment().setAtIndex(JAVA_FLOAT, i, rowRstd);
        }
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
        requireColumns(x, dGamma);
        requireColumns(x, dBeta);
        for (int from = 0; from < x.rows(); from += ROWS_PER_ROUND) {
            int to = Math.min(x.rows(), from + ROWS_PER_ROUND);
            addGammaGradient(dy, x, mean.segment(), rstd, from, to, dGamma);
            if (dBeta != null) {
                CpuLinear.addColumnSums(dy, from, to, dBeta);
            }
            layerNormRows(dy, x, gamma, mean, rstd, from, to, dx);
        }
    }

    private static void layerNormRows(
            Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, int from, int to, Tensor dx) {
        MemorySegment d = dy.segment();
        MemorySegment in = x.segment();
        MemorySegment g = gamma.segment();
        int columns = x.columns();
        for (int i = from; i < to; i++) {
            long row = (long) i * columns * Float.BYTES;
            float m = mean.segment().getAtIndex(JAVA_FLOAT, i);
            float r = rstd.segment().getAtIndex(JAVA_FLOAT, i);
            float meanScaled = NormRow.scaledSum(d, row, columns, g) / columns;
            float meanNormal = NormRow.normalSum(d, in, row, columns, m, r, g) / columns;
            NormRow.differentiate(d, in, row, columns, m, r, g, meanScaled, meanNormal, dx.segment());
        }
    }

    @Override
    public void rmsNorm(Tensor x, Tensor gamma, float eps, Tensor y, Tensor rstd) {
        Shapes.sameElements(x, y);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        MemorySegment in = x.segment();
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns * Float.BYTES;
            float meanSquare = NormRow.squares(in, row, columns, 0f) / columns;
            float rowRstd = (float) (1 / Math.sqrt(meanSquare + (double) eps));
            NormRow.scale(in, row, columns, rowRstd, gamma.segment(), y.segment());
            rstd.segment().setAtIndex(JAVA_FLOAT, i, rowRstd);
        }
    }

    @Override
    public void rmsNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, @Nullable Tensor dGamma) {
        Shapes.sameElements(x, dy, dx);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        requireColumns(x, dGamma);
        for (int from = 0; from < x.rows(); from += ROWS_PER_ROUND) {
            int to = Math.min(x.rows(), from + ROWS_PER_ROUND);
            addGammaGradient(dy, x, null, rstd, from, to, dGamma);
            rmsNormRows(dy, x, gamma, rstd, from, to, dx);
        }
    }

    private static void rmsNormRows(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, int from, int to, Tensor dx) {
        MemorySegment d = dy.segment();
        MemorySegment in = x.segment();
        MemorySegment g = gamma.segment();
        int columns = x.columns();
        for (int i = from; i < to; i++) {
            long row = (long) i * columns * Float.BYTES;
            float r = rstd.segment().getAtIndex(JAVA_FLOAT, i);
            float meanNormal = NormRow.normalSum(d, in, row, columns, 0f, r, g) / columns;
            NormRow.differentiate(d, in, row, columns, 0f, r, g, 0f, meanNormal, dx.segment());
        }
    }

    private static void addGammaGradient(
            Tensor dy, Tensor x, @Nullable MemorySegment mean, Tensor rstd, int from, int to, @Nullable Tensor dGamma) {
        if (dGamma != null) {
            NormRow.addGammaGradient(
                    dy.segment(), x.segment(), from, to, x.columns(), mean, rstd.segment(), dGamma.segment());
        }
    }

    private static void requireColumns(Tensor x, @Nullable Tensor gradient) {
        if (gradient != null) {
            Shapes.elements("gradient of a norm", gradient, x.columns());
        }
    }
}
