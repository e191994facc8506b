package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearParityTest {
    private static final double TOLERANCE = 2e-6;
    private static final int[] SIZES = {0, 1, 3, 17, 33, 70};
    private static final float[] BETAS = {0f, 0.5f, 1f, 0f};
    private final LinearKernels plain = Devices.plain().kernels().linear();
    private final LinearKernels cpu = Devices.cpu().kernels().linear();

    @Test
    void shouldEqualTheOracleWhenProductsHaveAnySizeAndTransposition() {
        compareProducts(DType.F32, 100);
    }

    @Test
    void shouldEqualTheOracleWhenFactorsAreNarrow() {
        compareProducts(DType.BF16, 5000);
    }

    private void compareProducts(DType factors, long firstSeed) {
        long seed = firstSeed;
        for (int m : SIZES) {
            for (int n : SIZES) {
                for (int k : SIZES) {
                    for (int flags = 0; flags < 4; flags++) {
                        compareProduct(factors, m, n, k, (flags & 1) != 0, (flags & 2) != 0, BETAS[flags], seed++);
                    }
                }
            }
        }
    }

    private void compareProduct(
            DType factors, int m, int n, int k, boolean transposeA, boolean transposeB, float beta, long seed) {
        try (TensorWorkbench bench = TensorWorkbench.open(seed, 1 << 18)) {
            Tensor a = factor(bench, factors, transposeA ? bench.normal(k, m) : bench.normal(m, k));
            Tensor b = factor(bench, factors, transposeB ? bench.normal(n, k) : bench.normal(k, n));
            // beta 0 must overwrite whatever was there
            Tensor expected = beta == 0f ? bench.filled(Float.NaN, m, n) : bench.normal(m, n);
            Tensor actual = bench.copy(expected);
            plain.matmul(transposeA, a, transposeB, b, beta, expected);
            cpu.matmul(transposeA, a, transposeB, b, beta, actual);
            bench.assertClose("%s matmul m=%d n=%d k=%d".formatted(factors, m, n, k), expected, actual, TOLERANCE);
        }
    }

    @Test
    void shouldEqualTheOracleWhenSomeColumnsOfTheWeightsAreMultiplied() {
        long seed = 9000;
        for (DType factors : new DType[] {DType.F32, DType.BF16}) {
            for (int rows : new int[] {0, 1, 2, 5}) {
                for (int[] part : new int[][] {{0, 7}, {3, 0}, {33, 300}, {0, 340}, {70, 256}, {333, 7}}) {
                    try (TensorWorkbench bench = TensorWorkbench.open(seed++, 1 << 18)) {
                        Tensor x = factor(bench, factors, bench.normal(rows, part[1]));
                        Tensor w = factor(bench, factors, bench.normal(37, 340));
                        Tensor expected = bench.filled(Float.NaN, rows, 37);
                        Tensor actual = bench.filled(Float.NaN, rows, 37);
                        plain.linearPart(x, w, part[0], expected);
                        cpu.linearPart(x, w, part[0], actual);
                        bench.assertClose("%s columns from %d".formatted(factors, part[0]), expected, actual, 4e-6);
                    }
                }
            }
        }
    }

    @Test
    void shouldRefuseColumnsThatTheWeightsDoNotHave() {
        try (TensorWorkbench bench = TensorWorkbench.open(9999)) {
            Tensor x = bench.normal(2, 3);
            Tensor w = bench.normal(4, 5);
            Tensor y = bench.normal(2, 4);
            for (LinearKernels kernels : new LinearKernels[] {plain, cpu}) {
                assertThrows(IllegalArgumentException.class, () -> kernels.linearPart(x, w, 3, y));
                assertThrows(IllegalArgumentException.class, () -> kernels.linearPart(x, w, -1, y));
                assertThrows(IllegalArgumentException.class, () -> kernels.linearPart(x, w, 0, x));
            }
        }
    }

    private static Tensor factor(TensorWorkbench bench, DType type, Tensor wide) {
        return type == DType.BF16 ? narrow(bench, wide) : wide;
    }

    private static Tensor narrow(TensorWorkbench bench, Tensor wide) {
        Tensor narrow = bench.arena().allocate(DType.BF16, wide.shape());
        Devices.plain().kernels().elementwise().narrow(wide, narrow);
        return narrow;
    }

    @Test
    void shouldRefuseAProductWhenOnlyOneFactorIsNarrow() {
        try (TensorWorkbench bench = TensorWorkbench.open(6000)) {
            Tensor wide = bench.normal(4, 4);
            Tensor narrow = narrow(bench, wide);
            Tensor out = bench.normal(4, 4);
            for (LinearKernels kernels : new LinearKernels[] {plain, cpu}) {
                assertThrows(IllegalArgumentException.class, () -> kernels.matmul(false, wide, false, narrow, 0f, out));
                assertThrows(
                        IllegalArgumentException.class, () -> kernels.matmul(false, narrow, false, narrow, 0f, narrow));
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenBiasesHaveAnySize() {
        long seed = 1000;
        for (int rows : new int[] {0, 1, 63, 64, 200}) {
            for (int columns : new int[] {1, 15, 16, 40, 131}) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    Tensor y = bench.normal(rows, columns);
                    Tensor bias = bench.normal(columns);
                    Tensor expected = bench.copy(y);
                    Tensor actual = bench.copy(y);
                    plain.addBias(expected, bias);
                    cpu.addBias(actual, bias);
                    bench.assertClose("addBias", expected, actual, 0);
                    Tensor dExpected = bench.copy(bias);
                    Tensor dActual = bench.copy(bias);
                    plain.biasGradient(y, dExpected);
                    cpu.biasGradient(y, dActual);
                    bench.assertClose("biasGradient", dExpected, dActual, TOLERANCE);
                }
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenALinearLayerRunsOnAThirdDim() {
        try (TensorWorkbench bench = TensorWorkbench.open(2000)) {
            Tensor x = bench.normal(9, 3, 8);
            Tensor w = bench.normal(5, 24);
            Tensor bias = bench.normal(5);
            Tensor dy = bench.normal(9, 5);
            Tensor[] results = new Tensor[8];
            int at = 0;
            for (LinearKernels kernels : new LinearKernels[] {plain, cpu}) {
                Tensor y = bench.normal(9, 5);
                Tensor dx = bench.filled(1, 9, 3, 8);
                Tensor dw = bench.filled(1, 5, 24);
                Tensor dBias = bench.filled(1, 5);
                kernels.linear(x, w, bias, y);
                kernels.linearBackward(x, w, dy, 1f, dx, dw, dBias);
                results[at++] = y;
                results[at++] = dx;
                results[at++] = dw;
                results[at++] = dBias;
            }
            for (int i = 0; i < 4; i++) {
                bench.assertClose("linear result " + i, results[i], results[i + 4], TOLERANCE);
            }
        }
    }
}
