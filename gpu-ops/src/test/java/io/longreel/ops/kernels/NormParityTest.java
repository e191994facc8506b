package io.longreel.ops.kernels;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class NormParityTest {
    private static final double TOLERANCE = 1e-5;
    private static final float EPS = 1e-5f;
    private static final int[] ROWS = {0, 1, 5, 64, 131};
    private static final int[] COLUMNS = {1, 7, 16, 33, 72, 256};
    private final NormKernels plain = Devices.plain().kernels().norm();
    private final NormKernels cpu = Devices.cpu().kernels().norm();

    @Test
    void shouldEqualTheOracleWhenLayerNormHasAnySize() {
        long seed = 1;
        for (int rows : ROWS) {
            for (int columns : COLUMNS) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    Tensor x = bench.normal(rows, columns);
                    Tensor gamma = bench.normal(columns);
                    Tensor beta = bench.normal(columns);
                    Tensor dy = bench.normal(rows, columns);
                    Tensor[] expected = layerNorm(bench, plain, x, gamma, beta, dy);
                    Tensor[] actual = layerNorm(bench, cpu, x, gamma, beta, dy);
                    for (int i = 0; i < expected.length; i++) {
                        bench.assertClose("layerNorm result " + i, expected[i], actual[i], TOLERANCE);
                    }
                }
            }
        }
    }

    private static Tensor[] layerNorm(
            TensorWorkbench bench, NormKernels kernels, Tensor x, Tensor gamma, Tensor beta, Tensor dy) {
        Tensor y = bench.filled(Float.NaN, x.shape());
        Tensor mean = bench.filled(Float.NaN, x.rows());
        Tensor rstd = bench.filled(Float.NaN, x.rows());
        Tensor dGamma = bench.filled(0.5f, x.columns());
        Tensor dBeta = bench.filled(0.5f, x.columns());
        Tensor dx = bench.copy(dy);
        Tensor dxFrozen = bench.filled(Float.NaN, x.shape());
        kernels.layerNorm(x, gamma, beta, EPS, y, mean, rstd);
        kernels.layerNormBackward(dy, x, gamma, mean, rstd, dxFrozen, null, null);
        kernels.layerNormBackward(dx, x, gamma, mean, rstd, dx, dGamma, dBeta);
        bench.assertClose("dx in place", dxFrozen, dx, 0);
        return new Tensor[] {y, mean, rstd, dGamma, dBeta, dx};
    }

    @Test
    void shouldEqualTheOracleWhenRmsNormHasAnySize() {
        long seed = 100;
        for (int rows : ROWS) {
            for (int columns : COLUMNS) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    Tensor x = bench.normal(rows, columns);
                    Tensor gamma = bench.normal(columns);
                    Tensor dy = bench.normal(rows, columns);
                    Tensor[] expected = rmsNorm(bench, plain, x, gamma, dy);
                    Tensor[] actual = rmsNorm(bench, cpu, x, gamma, dy);
                    for (int i = 0; i < expected.length; i++) {
                        bench.assertClose("rmsNorm result " + i, expected[i], actual[i], TOLERANCE);
                    }
                }
            }
        }
    }

    private static Tensor[] rmsNorm(TensorWorkbench bench, NormKernels kernels, Tensor x, Tensor gamma, Tensor dy) {
        Tensor y = bench.filled(Float.NaN, x.shape());
        Tensor rstd = bench.filled(Float.NaN, x.rows());
        Tensor dGamma = bench.filled(0.5f, x.columns());
        Tensor dx = bench.copy(dy);
        Tensor dxFrozen = bench.filled(Float.NaN, x.shape());
        kernels.rmsNorm(x, gamma, EPS, y, rstd);
        kernels.rmsNormBackward(dy, x, gamma, rstd, dxFrozen, null);
        kernels.rmsNormBackward(dx, x, gamma, rstd, dx, dGamma);
        bench.assertClose("dx in place", dxFrozen, dx, 0);
        return new Tensor[] {y, rstd, dGamma, dx};
    }
}
