package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainLinearTest {
    private final LinearKernels linear = PlainKernels.create().linear();

    @Test
    void shouldMultiplyByHandWhenEitherSideIsTransposed() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor a = bench.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor aT = bench.of(new float[] {1, 4, 2, 5, 3, 6}, 3, 2);
            Tensor b = bench.of(new float[] {1, 0, 2, 1, 0, 1}, 3, 2);
            Tensor bT = bench.of(new float[] {1, 2, 0, 0, 1, 1}, 2, 3);
            float[] expected = {5, 5, 14, 11};
            for (int mask = 0; mask < 4; mask++) {
                Tensor c = bench.filled(Float.NaN, 2, 2);
                linear.matmul(
                        (mask & 1) != 0, (mask & 1) != 0 ? aT : a, (mask & 2) != 0, (mask & 2) != 0 ? bT : b, 0f, c);
                assertArrayEquals(expected, c.toFloats());
            }
            Tensor c = bench.of(new float[] {1, 1, 1, 1}, 2, 2);
            linear.matmul(false, a, false, b, 2f, c);
            assertArrayEquals(new float[] {7, 7, 16, 13}, c.toFloats());
        }
    }

    @Test
    void shouldMultiplyByHandWhenSomeColumnsAreMeant() {
        try (TensorWorkbench bench = TensorWorkbench.open(5)) {
            Tensor x = bench.of(new float[] {1, 2}, 1, 2);
            Tensor w = bench.of(new float[] {9, 3, 4, 9, 5, 6}, 2, 3);
            Tensor y = bench.filled(Float.NaN, 1, 2);
            linear.linearPart(x, w, 1, y);
            assertArrayEquals(new float[] {11, 17}, y.toFloats());
        }
    }

    @Test
    void shouldScaleOnlyWhenTheInnerDimIsEmpty() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor c = bench.of(new float[] {1, 2}, 1, 2);
            linear.matmul(false, bench.filled(0, 1, 0), false, bench.filled(0, 0, 2), 0.5f, c);
            assertArrayEquals(new float[] {0.5f, 1}, c.toFloats());
            linear.matmul(false, bench.filled(0, 0, 3), false, bench.filled(0, 3, 2), 0f, bench.filled(0, 0, 2));
        }
    }

    @Test
    void shouldMatchFiniteDifferencesWhenALinearLayerGoesBack() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor x = bench.normal(5, 4);
            Tensor w = bench.normal(3, 4);
            Tensor bias = bench.normal(3);
            Tensor dy = bench.normal(5, 3);
            Tensor dx = bench.filled(Float.NaN, 5, 4);
            Tensor dw = bench.filled(0, 3, 4);
            Tensor dBias = bench.filled(0, 3);
            linear.linearBackward(x, w, dy, 0f, dx, dw, dBias);
            Tensor y = bench.arena().allocate(5, 3);
            FiniteDifferences.check(bench, "dx", x, dx, () -> scalar(x, w, bias, y, dy));
            FiniteDifferences.check(bench, "dw", w, dw, () -> scalar(x, w, bias, y, dy));
            FiniteDifferences.check(bench, "dBias", bias, dBias, () -> scalar(x, w, bias, y, dy));
        }
    }

    private double scalar(Tensor x, Tensor w, Tensor bias, Tensor y, Tensor dy) {
        linear.linear(x, w, bias, y);
        return FiniteDifferences.inner(y, dy);
    }

    @Test
    void shouldRefuseShapesWhenTheyDoNotFit() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            Tensor a = bench.normal(2, 3);
            Tensor c = bench.normal(2, 2);
            assertThrows(IllegalArgumentException.class, () -> linear.matmul(false, a, false, a, 0f, c));
            assertThrows(IllegalArgumentException.class, () -> linear.addBias(c, a));
        }
    }
}
