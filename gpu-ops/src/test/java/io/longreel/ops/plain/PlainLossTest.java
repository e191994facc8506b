package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainLossTest {
    private static final int IGNORE = LossKernels.IGNORE;
    private final LossKernels loss = PlainKernels.create().loss();

    @Test
    void shouldGiveTheLogOfTheVocabularyWhenLogitsAreEqual() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor logits = bench.filled(1000, 2, 4);
            assertEquals(2 * Math.log(4), loss.crossEntropy(logits, new int[] {0, 3}, 0f), 1e-12);
            assertEquals(1000f, logits.getFloat(0));
            assertEquals(Math.log(4), loss.crossEntropy(logits, new int[] {IGNORE, 1}, 2f), 1e-12);
            assertArrayEquals(new float[] {0, 0, 0, 0, 0.5f, -1.5f, 0.5f, 0.5f}, logits.toFloats(), 1e-6f);
            assertEquals(0, loss.crossEntropy(bench.normal(0, 4), new int[0], 1f));
        }
    }

    @Test
    void shouldMatchFiniteDifferencesWhenTheGradientIsAsked() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor logits = bench.normal(5, 9);
            int[] labels = {3, IGNORE, 0, 8, 3};
            Tensor gradient = bench.copy(logits);
            loss.crossEntropy(gradient, labels, 0.25f);
            FiniteDifferences.check(
                    bench, "logits", logits, gradient, () -> 0.25 * loss.crossEntropy(logits, labels, 0f));
        }
    }

    @Test
    void shouldRefuseALabelWhenItIsOutsideTheVocabulary() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor logits = bench.normal(1, 4);
            assertThrows(IndexOutOfBoundsException.class, () -> loss.crossEntropy(logits, new int[] {4}, 0f));
            assertThrows(IndexOutOfBoundsException.class, () -> loss.crossEntropy(logits, new int[] {-1}, 0f));
        }
    }

    @Test
    void shouldTakeTheLowestIndexWhenLogitsTie() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            Tensor logits = bench.of(new float[] {9, 9, 9, 1, 7, 7}, 2, 3);
            assertEquals(0, loss.argmax(logits, 0));
            assertEquals(1, loss.argmax(logits, 1));
        }
    }
}
