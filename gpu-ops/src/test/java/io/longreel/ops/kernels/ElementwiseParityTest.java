package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElementwiseParityTest {
    private static final double TOLERANCE = 2e-6;
    private static final int[] SIZES = {0, 1, 15, 16, 17, 100, 1031};
    private final ElementwiseKernels plain = Devices.plain().kernels().elementwise();
    private final ElementwiseKernels cpu = Devices.cpu().kernels().elementwise();

    /** One operation on three inputs and two outputs, so that one loop covers them all. */
    private interface Operation {
        void apply(ElementwiseKernels kernels, Tensor a, Tensor b, Tensor c, Tensor out, Tensor out2);
    }

    private record Named(String name, Operation operation) {}

    private static final List<Named> OPERATIONS = List.of(
            new Named("geluTanh", (k, a, b, c, out, out2) -> k.geluTanh(a, out)),
            new Named("geluTanhBackward", (k, a, b, c, out, out2) -> k.geluTanhBackward(a, b, out)),
            new Named("geluErf", (k, a, b, c, out, out2) -> k.geluErf(a, out)),
            new Named("geluErfBackward", (k, a, b, c, out, out2) -> k.geluErfBackward(a, b, out)),
            new Named("siluMul", (k, a, b, c, out, out2) -> k.siluMul(a, b, out)),
            new Named("siluMulBackward", (k, a, b, c, out, out2) -> k.siluMulBackward(a, b, c, out, out2)),
            new Named("addTo", (k, a, b, c, out, out2) -> k.addTo(a, out)),
            new Named("add", (k, a, b, c, out, out2) -> k.add(a, b, out)),
            new Named("scale", (k, a, b, c, out, out2) -> k.scale(out, -0.3f)),
            new Named("axpy", (k, a, b, c, out, out2) -> k.axpy(0.7f, a, out)));

    @Test
    void shouldEqualTheOracleWhenTensorsHaveAnySize() {
        long seed = 1;
        for (Named named : OPERATIONS) {
            for (int size : SIZES) {
                for (float spread : new float[] {1f, 8f}) {
                    compare(named, size, spread, seed++);
                }
            }
        }
    }

    private void compare(Named named, int size, float spread, long seed) {
        try (TensorWorkbench bench = TensorWorkbench.open(seed)) {
            Tensor a = bench.normal(size);
            plain.scale(a, spread);
            Tensor b = bench.normal(size);
            Tensor c = bench.normal(size);
            Tensor expected = bench.normal(size);
            Tensor expected2 = bench.normal(size);
            Tensor actual = bench.copy(expected);
            Tensor actual2 = bench.copy(expected2);
            named.operation.apply(plain, a, b, c, expected, expected2);
            named.operation.apply(cpu, a, b, c, actual, actual2);
            bench.assertClose(named.name + " size=" + size, expected, actual, TOLERANCE);
            bench.assertClose(named.name + " second, size=" + size, expected2, actual2, TOLERANCE);
        }
    }

    @Test
    void shouldEqualTheOracleWhenTheOutputIsTheInput() {
        try (TensorWorkbench bench = TensorWorkbench.open(500)) {
            Tensor a = bench.normal(77);
            Tensor b = bench.normal(77);
            Tensor expected = bench.normal(77);
            plain.siluMul(a, b, expected);
            Tensor gate = bench.copy(a);
            cpu.siluMul(gate, b, gate);
            bench.assertClose("siluMul over gate", expected, gate, TOLERANCE);
            plain.geluErf(a, expected);
            Tensor x = bench.copy(a);
            cpu.geluErf(x, x);
            bench.assertClose("geluErf over x", expected, x, TOLERANCE);
            plain.geluTanhBackward(a, b, expected);
            Tensor dy = bench.copy(b);
            cpu.geluTanhBackward(a, dy, dy);
            bench.assertClose("geluTanhBackward over dy", expected, dy, TOLERANCE);
        }
    }

    @Test
    void shouldEqualTheOracleWhenHeadsOfAnySizeAreRotated() {
        long seed = 600;
        for (int tokens : new int[] {0, 1, 7}) {
            for (int headDim : new int[] {2, 32, 64, 72, 128}) {
                for (boolean inverse : new boolean[] {false, true}) {
                    try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                        Tensor cos = bench.normal(tokens, headDim / 2);
                        Tensor sin = bench.normal(tokens, headDim / 2);
                        Tensor expected = bench.normal(tokens, 3, headDim);
                        Tensor actual = bench.copy(expected);
                        plain.rope(expected, cos, sin, inverse);
                        cpu.rope(actual, cos, sin, inverse);
                        bench.assertClose("rope headDim=" + headDim, expected, actual, TOLERANCE);
                    }
                }
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenSquaresAreSummed() {
        long seed = 700;
        for (int size : SIZES) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                Tensor x = bench.normal(size);
                bench.assertClose("sumOfSquares", plain.sumOfSquares(x), cpu.sumOfSquares(x), 1e-12);
                if (size > 0) {
                    x.setFloat(size - 1, Float.POSITIVE_INFINITY);
                    assertTrue(Double.isInfinite(cpu.sumOfSquares(x)), "infinity must propagate, seed=" + seed);
                    x.setFloat(size / 2, Float.NaN);
                    assertTrue(Double.isNaN(cpu.sumOfSquares(x)), "NaN must propagate, seed=" + seed);
                }
            }
        }
    }

    @Test
    void shouldKeepNaNWhenActivationsMeetOne() {
        try (TensorWorkbench bench = TensorWorkbench.open(800)) {
            Tensor x = bench.filled(Float.NaN, 19);
            Tensor y = bench.filled(0, 19);
            cpu.geluErf(x, y);
            assertTrue(Double.isNaN(cpu.sumOfSquares(y)));
            y.zero();
            cpu.siluMul(x, x, y);
            assertTrue(Double.isNaN(y.getFloat(18)));
        }
    }
}
