package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainElementwiseTest {
    private final ElementwiseKernels ops = PlainKernels.create().elementwise();

    @Test
    void shouldMatchTabulatedValuesWhenErfIsEvaluated() {
        // Abramowitz and Stegun, table 7.1.
        assertEquals(0.1124629160, PlainElementwise.erf(0.1), 1e-10);
        assertEquals(0.5204998778, PlainElementwise.erf(0.5), 1e-10);
        assertEquals(0.8427007929, PlainElementwise.erf(1.0), 1e-10);
        assertEquals(-0.9953222650, PlainElementwise.erf(-2.0), 1e-10);
        assertEquals(1.0, PlainElementwise.erf(40), 0);
        assertEquals(0.0, PlainElementwise.erf(0), 0);
        assertTrue(Double.isNaN(PlainElementwise.erf(Double.NaN)));
    }

    @Test
    void shouldMatchKnownValuesWhenActivationsAreEvaluated() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor x = bench.of(new float[] {0, 1, -1, 30, -30}, 5);
            Tensor y = bench.normal(5);
            ops.geluTanh(x, y);
            assertArrayEquals(new float[] {0, 0.8411920f, -0.1588080f, 30, 0}, y.toFloats(), 1e-6f);
            ops.geluErf(x, y);
            assertArrayEquals(new float[] {0, 0.8413447f, -0.1586553f, 30, 0}, y.toFloats(), 1e-6f);
            ops.siluMul(x, bench.filled(2, 5), y);
            assertArrayEquals(new float[] {0, 1.4621172f, -0.5378828f, 60, 0}, y.toFloats(), 1e-6f);
        }
    }

    @Test
    void shouldMatchFiniteDifferencesWhenActivationsGoBack() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor x = bench.normal(40);
            Tensor up = bench.normal(40);
            Tensor dy = bench.normal(40);
            Tensor y = bench.normal(40);
            Tensor dx = bench.normal(40);
            Tensor dUp = bench.normal(40);
            ops.geluTanhBackward(x, dy, dx);
            FiniteDifferences.check(bench, "geluTanh", x, dx, () -> scalar(() -> ops.geluTanh(x, y), y, dy));
            ops.geluErfBackward(x, dy, dx);
            FiniteDifferences.check(bench, "geluErf", x, dx, () -> scalar(() -> ops.geluErf(x, y), y, dy));
            ops.siluMulBackward(x, up, dy, dx, dUp);
            FiniteDifferences.check(bench, "gate", x, dx, () -> scalar(() -> ops.siluMul(x, up, y), y, dy));
            FiniteDifferences.check(bench, "up", up, dUp, () -> scalar(() -> ops.siluMul(x, up, y), y, dy));
        }
    }

    private static double scalar(Runnable forward, Tensor y, Tensor dy) {
        forward.run();
        return FiniteDifferences.inner(y, dy);
    }

    @Test
    void shouldPairHalvesWhenRotating() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor x = bench.of(new float[] {1, 2, 3, 4}, 1, 1, 4);
            Tensor cos = bench.of(new float[] {0, 1}, 1, 2);
            Tensor sin = bench.of(new float[] {1, 0}, 1, 2);
            ops.rope(x, cos, sin, false);
            // the pair (1, 3) turns by a quarter, the pair (2, 4) stays
            assertArrayEquals(new float[] {-3, 2, 1, 4}, x.toFloats());
            ops.rope(x, cos, sin, true);
            assertArrayEquals(new float[] {1, 2, 3, 4}, x.toFloats());
        }
    }

    @Test
    void shouldAddAndScaleByHandWhenOutputsAreInputs() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            Tensor x = bench.of(new float[] {1, 2}, 2);
            Tensor y = bench.of(new float[] {10, 20}, 2);
            ops.addTo(x, y);
            ops.add(x, y, x);
            ops.scale(x, 2);
            ops.axpy(-1, y, x);
            assertArrayEquals(new float[] {13, 26}, x.toFloats());
            assertEquals(13 * 13 + 26 * 26, ops.sumOfSquares(x));
            x.setFloat(0, Float.NaN);
            assertTrue(Double.isNaN(ops.sumOfSquares(x)));
            assertEquals(0, ops.sumOfSquares(bench.normal(0)));
        }
    }
}
