package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.AttentionCase.Result;
import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Attention to some keys and attention to the others, merged, is attention to all. */
class AttentionMergeParityTest {
    private static final double TOLERANCE = 1e-5;
    private static final AttentionKernels[] KERNELS = {
        Devices.plain().kernels().attention(), Devices.cpu().kernels().attention()
    };

    private static AttentionCase part(AttentionCase whole, int from, int to) {
        int[] first = new int[whole.q().rows()];
        int[] last = new int[first.length];
        for (int row = 0; row < first.length; row++) {
            first[row] = Math.clamp(whole.ranges().from()[row], from, to) - from;
            last[row] = Math.clamp(whole.ranges().to()[row], from, to) - from;
        }
        return new AttentionCase(
                whole.bench(),
                whole.q(),
                whole.k().slice(from, to),
                whole.v().slice(from, to),
                whole.dOut(),
                new KeyRanges(first, last),
                whole.kvHead(),
                whole.scale());
    }

    @Test
    void shouldEqualAttentionToAllKeysWhereverItIsCut() {
        int[][] sizes = {{0, 4}, {1, 1}, {1, 300}, {7, 33}, {40, 90}};
        long seed = 1;
        for (int[] size : sizes) {
            for (int headDim : new int[] {1, 8, 40, 72}) {
                for (int cut : new int[] {0, 1, size[1] / 3, size[1]}) {
                    try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                        KeyRanges ranges = AttentionCase.anyRanges(bench, size[0], size[1]);
                        AttentionCase whole = AttentionCase.random(bench, size[0], 4, size[1], 2, headDim, ranges);
                        assertMerges(whole, cut);
                    }
                }
            }
        }
    }

    private static void assertMerges(AttentionCase whole, int cut) {
        Result expected = whole.dense();
        for (AttentionKernels kernels : KERNELS) {
            Result one = part(whole, 0, cut).forward(kernels);
            Result other = part(whole, cut, whole.k().rows()).forward(kernels);
            String what = "%s queries=%d keys=%d cut=%d "
                    .formatted(
                            kernels.getClass().getSimpleName(),
                            whole.q().rows(),
                            whole.k().rows(),
                            cut);
            float[] part = other.out().toFloats();
            kernels.merge(other.out(), other.lse(), one.out(), one.lse());
            whole.bench().assertClose(what + "out", expected.out(), one.out(), TOLERANCE);
            whole.bench().assertClose(what + "lse", expected.lse(), one.lse(), TOLERANCE);
            assertArrayEquals(part, other.out().toFloats(), what + "the part is only read");
        }
    }

    /** Scores of another size altogether: the larger part wins, and nothing overflows. */
    @Test
    void shouldKeepWhatCountsWhenPartsWeighVeryDifferently() {
        for (AttentionKernels kernels : KERNELS) {
            try (TensorWorkbench bench = TensorWorkbench.open(5)) {
                Tensor part = bench.normal(3, 2, 8);
                Tensor out = bench.normal(3, 2, 8);
                float none = Float.NEGATIVE_INFINITY;
                // Rows: only the part counts, only what was there counts, and neither has seen a key in the last one.
                Tensor partLse = bench.of(new float[] {900, 900, -900, -900, none, none}, 3, 2);
                Tensor lse = bench.of(new float[] {-900, none, 900, 3, none, 5}, 3, 2);
                float[] before = out.toFloats();
                float[] fresh = part.toFloats();
                float[] expected = before.clone();
                System.arraycopy(fresh, 0, expected, 0, 16);
                kernels.merge(part, partLse, out, lse);
                assertArrayEquals(
                        expected, out.toFloats(), 1e-6f, kernels.getClass().getSimpleName());
                assertArrayEquals(new float[] {900, 900, 900, 3, none, 5}, lse.toFloats(), 1e-4f);
            }
        }
    }
}
