package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LossParityTest {
    private static final double TOLERANCE = 1e-6;
    private final LossKernels plain = Devices.plain().kernels().loss();
    private final LossKernels cpu = Devices.cpu().kernels().loss();

    @Test
    void shouldEqualTheOracleWhenTheVocabularyHasAnySize() {
        long seed = 1;
        for (int rows : new int[] {0, 1, 13}) {
            for (int vocabulary : new int[] {1, 2, 16, 47, 1000}) {
                for (float gradientScale : new float[] {0f, 0.125f}) {
                    try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                        Tensor expected = bench.normal(rows, vocabulary);
                        Devices.plain().kernels().elementwise().scale(expected, 20f);
                        Tensor actual = bench.copy(expected);
                        int[] labels = bench.indices(rows, vocabulary);
                        for (int i = 0; i < rows; i += 3) {
                            labels[i] = LossKernels.IGNORE;
                        }
                        for (int i = 0; i < rows; i++) {
                            assertEquals(plain.argmax(expected, i), cpu.argmax(actual, i));
                        }
                        double loss = plain.crossEntropy(expected, labels, gradientScale);
                        bench.assertClose("loss", loss, cpu.crossEntropy(actual, labels, gradientScale), TOLERANCE);
                        bench.assertClose("gradient vocabulary=" + vocabulary, expected, actual, TOLERANCE);
                    }
                }
            }
        }
    }

    @Test
    void shouldReportNaNWhenALogitIsNotANumber() {
        try (TensorWorkbench bench = TensorWorkbench.open(100)) {
            for (int at : new int[] {0, 5, 39}) {
                Tensor logits = bench.normal(1, 40);
                logits.setFloat(at, Float.NaN);
                assertTrue(Double.isNaN(cpu.crossEntropy(logits, new int[] {3}, 0f)), "position " + at);
            }
        }
    }
}
