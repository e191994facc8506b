package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainOptimizerTest {
    private final OptimizerKernels optimizer = PlainKernels.create().optimizer();

    @Test
    void shouldMoveByTheLearningRateWhenTheFirstStepHasNoDecay() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor w = bench.of(new float[] {1, 1}, 2);
            Tensor g = bench.of(new float[] {4, -8}, 2);
            Tensor m = bench.filled(0, 2);
            Tensor v = bench.filled(0, 2);
            optimizer.adamW(w, g, m, v, 0.5f, 0.1, 0.9, 0.999, 0, 0, 1);
            // bias correction makes the first update exactly lr * sign(g)
            assertEquals(0.9f, w.getFloat(0), 1e-6f);
            assertEquals(1.1f, w.getFloat(1), 1e-6f);
            assertEquals(0.2f, m.getFloat(0), 1e-7f);
            assertEquals(0.004f, v.getFloat(0), 1e-8f);
        }
    }

    @Test
    void shouldFollowTheFormulaWhenDecayAndSecondStepAreApplied() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor w = bench.of(new float[] {2}, 1);
            Tensor m = bench.of(new float[] {0.1f}, 1);
            Tensor v = bench.of(new float[] {0.001f}, 1);
            optimizer.adamW(w, bench.of(new float[] {3}, 1), m, v, 1f, 0.01, 0.9, 0.99, 1e-8, 0.1, 2);
            double mNew = 0.9 * 0.1 + 0.1 * 3;
            double vNew = 0.99 * 0.001 + 0.01 * 9;
            double update = mNew / (1 - 0.81) / (Math.sqrt(vNew / (1 - 0.99 * 0.99)) + 1e-8);
            assertEquals(2 - 0.01 * 0.1 * 2 - 0.01 * update, w.getFloat(0), 1e-6);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> optimizer.adamW(w, w, m, v, 1f, 0.01, 0.9, 0.99, 1e-8, 0.1, 0));
        }
    }
}
