package io.longreel.ops.plain;

import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Layer norm and RMS norm by their formulas, sums in double. Stateless; any thread. */
final class PlainNorm implements NormKernels {

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor y, Tensor mean, Tensor rstd) {
        Shapes.sameElements(x, y);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("beta", beta, x.columns());
        Shapes.elements("mean", mean, x.rows());
        Shapes.elements("rstd", rstd, x.rows());
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns;
            double sum = 0;
            for (int j = 0; j < columns; j++) {
                sum += x.getFloat(row + j);
            }
            double rowMean = sum / columns;
            double squares = 0;
            for (int j = 0; j < columns; j++) {
                double centred = x.getFloat(row + j) - rowMean;
                squares += centred * centred;
            }
            double rowRstd = 1 / Math.sqrt(squares / columns + eps);
            for (int j = 0; j < columns; j++) {
                double normal = (x.getFloat(row + j) - rowMean) * rowRstd;
                y.setFloat(row + j, (float) (normal * gamma.getFloat(j) + beta.getFloat(j)));
            }
            mean.setFloat(i, (float) rowMean);
            rstd.setFloat(i, (float) rowRstd);
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
        int columns = x.columns();
        GradientSums gammaSum = GradientSums.into("dGamma", dGamma, columns);
        GradientSums betaSum = GradientSums.into("dBeta", dBeta, columns);
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns;
            double m = mean.getFloat(i);
            double r = rstd.getFloat(i);
            double sum = 0;
            double sumNormal = 0;
            for (int j = 0; j < columns; j++) {
                double scaled = (double) dy.getFloat(row + j) * gamma.getFloat(j);
                sum += scaled;
                sumNormal += scaled * (x.getFloat(row + j) - m) * r;
            }
            for (int j = 0; j < columns; j++) {
                double d = dy.getFloat(row + j);
                double normal = (x.getFloat(row + j) - m) * r;
                gammaSum.add(j, d * normal);
                betaSum.add(j, d);
                double dNormal = d * gamma.getFloat(j) - sum / columns - normal * sumNormal / columns;
                dx.setFloat(row + j, (float) (r * dNormal));
            }
        }
        gammaSum.finish();
        betaSum.finish();
    }

    @Override
    public void rmsNorm(Tensor x, Tensor gamma, float eps, Tensor y, Tensor rstd) {
        Shapes.sameElements(x, y);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        int columns = x.columns();
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns;
            double squares = 0;
            for (int j = 0; j < columns; j++) {
                double value = x.getFloat(row + j);
                squares += value * value;
            }
            double r = 1 / Math.sqrt(squares / columns + eps);
            for (int j = 0; j < columns; j++) {
                y.setFloat(row + j, (float) (x.getFloat(row + j) * r * gamma.getFloat(j)));
            }
            rstd.setFloat(i, (float) r);
        }
    }

    @Override
    public void rmsNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, @Nullable Tensor dGamma) {
        Shapes.sameElements(x, dy, dx);
        Shapes.elements("gamma", gamma, x.columns());
        Shapes.elements("rstd", rstd, x.rows());
        int columns = x.columns();
        GradientSums gammaSum = GradientSums.into("dGamma", dGamma, columns);
        for (int i = 0; i < x.rows(); i++) {
            long row = (long) i * columns;
            double r = rstd.getFloat(i);
            double sumNormal = 0;
            for (int j = 0; j < columns; j++) {
                sumNormal += (double) dy.getFloat(row + j) * gamma.getFloat(j) * x.getFloat(row + j) * r;
            }
            for (int j = 0; j < columns; j++) {
                double d = dy.getFloat(row + j);
                double normal = x.getFloat(row + j) * r;
                gammaSum.add(j, d * normal);
                dx.setFloat(row + j, (float) (r * (d * gamma.getFloat(j) - normal * sumNormal / columns)));
            }
        }
        gammaSum.finish();
    }
}
