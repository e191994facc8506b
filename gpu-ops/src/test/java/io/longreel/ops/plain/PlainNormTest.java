package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainNormTest {
    private static final float EPS = 1e-6f;
    private final NormKernels norm = PlainKernels.create().norm();

    @Test
    void shouldNormaliseByHandWhenRowsAreSimple() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor x = bench.of(new float[] {1, 3}, 1, 2);
            Tensor y = bench.normal(1, 2);
            Tensor mean = bench.normal(1);
            Tensor rstd = bench.normal(1);
            norm.layerNorm(x, bench.of(new float[] {2, 4}, 2), bench.of(new float[] {10, 20}, 2), 0f, y, mean, rstd);
            assertArrayEquals(new float[] {8, 24}, y.toFloats());
            assertEquals(2f, mean.getFloat(0));
            assertEquals(1f, rstd.getFloat(0));
            norm.rmsNorm(bench.of(new float[] {3, 4}, 1, 2), bench.of(new float[] {1, 2}, 2), 0f, y, rstd);
            float r = (float) (1 / Math.sqrt(12.5));
            assertArrayEquals(new float[] {3 * r, 8 * r}, y.toFloats(), 1e-6f);
        }
    }

    @Test
    void shouldMatchFiniteDifferencesWhenLayerNormGoesBack() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor x = bench.normal(3, 7);
            Tensor gamma = bench.normal(7);
            Tensor beta = bench.normal(7);
            Tensor dy = bench.normal(3, 7);
            Tensor y = bench.arena().allocate(3, 7);
            Tensor mean = bench.arena().allocate(3);
            Tensor rstd = bench.arena().allocate(3);
            Tensor dGamma = bench.filled(0, 7);
            Tensor dBeta = bench.filled(0, 7);
            Tensor dx = bench.copy(dy);
            norm.layerNorm(x, gamma, beta, EPS, y, mean, rstd);
            norm.layerNormBackward(dx, x, gamma, mean, rstd, dx, dGamma, dBeta);
            Runnable forward = () -> norm.layerNorm(x, gamma, beta, EPS, y, mean, rstd);
            FiniteDifferences.check(bench, "dx", x, dx, () -> scalar(forward, y, dy));
            FiniteDifferences.check(bench, "dGamma", gamma, dGamma, () -> scalar(forward, y, dy));
            FiniteDifferences.check(bench, "dBeta", beta, dBeta, () -> scalar(forward, y, dy));
        }
    }

    @Test
    void shouldMatchFiniteDifferencesWhenRmsNormGoesBack() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor x = bench.normal(3, 7);
            Tensor gamma = bench.normal(7);
            Tensor dy = bench.normal(3, 7);
            Tensor y = bench.arena().allocate(3, 7);
            Tensor rstd = bench.arena().allocate(3);
            Tensor dGamma = bench.filled(0, 7);
            Tensor dx = bench.copy(dy);
            norm.rmsNorm(x, gamma, EPS, y, rstd);
            norm.rmsNormBackward(dx, x, gamma, rstd, dx, dGamma);
            Runnable forward = () -> norm.rmsNorm(x, gamma, EPS, y, rstd);
            FiniteDifferences.check(bench, "dx", x, dx, () -> scalar(forward, y, dy));
            FiniteDifferences.check(bench, "dGamma", gamma, dGamma, () -> scalar(forward, y, dy));
        }
    }

    private static double scalar(Runnable forward, Tensor y, Tensor dy) {
        forward.run();
        return FiniteDifferences.inner(y, dy);
    }

    @Test
    void shouldTouchNothingWhenThereAreNoRows() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            Tensor none = bench.normal(0, 5);
            Tensor gamma = bench.normal(5);
            Tensor stats = bench.normal(0);
            Tensor gradient = bench.filled(0, 5);
            norm.layerNorm(none, gamma, gamma, EPS, none, stats, stats);
            norm.layerNormBackward(none, none, gamma, stats, stats, none, gradient, gradient);
            norm.rmsNormBackward(none, none, gamma, stats, none, null);
            assertArrayEquals(new float[5], gradient.toFloats());
        }
    }
}
