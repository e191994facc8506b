package io.longreel.ops.kernels;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class OptimizerParityTest {
    private static final double TOLERANCE = 2e-6;
    private final OptimizerKernels plain = Devices.plain().kernels().optimizer();
    private final OptimizerKernels cpu = Devices.cpu().kernels().optimizer();

    @Test
    void shouldEqualTheOracleWhenSeveralStepsAreTaken() {
        long seed = 1;
        for (int size : new int[] {0, 1, 16, 83, 500}) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                Tensor weights = bench.normal(size);
                Tensor[] expected = {bench.copy(weights), bench.filled(0, size), bench.filled(0, size)};
                Tensor[] actual = {bench.copy(weights), bench.filled(0, size), bench.filled(0, size)};
                for (int step = 1; step <= 5; step++) {
                    Tensor g = bench.normal(size);
                    plain.adamW(expected[0], g, expected[1], expected[2], 0.7f, 1e-2, 0.9, 0.95, 1e-8, 0.1, step);
                    cpu.adamW(actual[0], g, actual[1], actual[2], 0.7f, 1e-2, 0.9, 0.95, 1e-8, 0.1, step);
                }
                for (int i = 0; i < 3; i++) {
                    bench.assertClose("state %d size=%d".formatted(i, size), expected[i], actual[i], TOLERANCE);
                }
            }
        }
    }
}
