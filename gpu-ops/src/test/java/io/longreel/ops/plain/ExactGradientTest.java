package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Every gradient that sums over rows: in SUM128 its bits do not depend on how the rows are ordered and divided among calls and buffers, and its value
 * is that of the F32 gradient.
 */
class ExactGradientTest {
    private static final int ROWS = 13;
    private static final double TOLERANCE = 1e-6;

    private final PlainKernels plain = PlainKernels.create();

    /** Adds what rows {@code [from, to)} of the operands contribute. */
    private interface Operation {
        void addRows(int[] rows, Tensor gradient);
    }

    private void check(TensorWorkbench bench, String what, int[] shape, Operation operation) {
        int[] all = new int[ROWS];
        Arrays.setAll(all, i -> i);
        Tensor rounded = bench.filled(0, shape);
        operation.addRows(all, rounded);
        float[] expected = exact(bench, shape, operation, all);
        bench.assertClose(what, rounded, bench.of(expected, shape), TOLERANCE);
        int[] backwards = new int[ROWS];
        Arrays.setAll(backwards, i -> ROWS - 1 - i);
        assertArrayEquals(expected, exact(bench, shape, operation, backwards), what + " backwards");
        assertArrayEquals(
                expected,
                exact(
                        bench,
                        shape,
                        operation,
                        Arrays.copyOfRange(backwards, 0, 4),
                        new int[0],
                        Arrays.copyOfRange(backwards, 4, ROWS)),
                what + " in parts");
        float[] withNaN = exact(bench, shape, (rows, gradient) -> {
            operation.addRows(rows, gradient);
            plain.elementwise().addTo(bench.filled(Float.NaN, shape), gradient);
            operation.addRows(rows, gradient);
        });
        for (float value : withNaN) {
            assertTrue(Float.isNaN(value), what + " must not hide a NaN");
        }
    }

    /** Each part into a sum of its own; then all sums into one. */
    private float[] exact(TensorWorkbench bench, int[] shape, Operation operation, int[]... parts) {
        Tensor total = zeroSums(bench, shape);
        for (int[] rows : parts.length == 0 ? new int[][] {{0}} : parts) {
            Tensor sums = zeroSums(bench, shape);
            operation.addRows(rows, sums);
            plain.elementwise().addTo(sums, total);
        }
        Tensor target = bench.filled(99, shape);
        plain.elementwise().round(total, target);
        return target.toFloats();
    }

    private static Tensor zeroSums(TensorWorkbench bench, int... shape) {
        Tensor sums = bench.arena().allocate(DType.SUM128, shape);
        sums.zero();
        return sums;
    }

    private Tensor rows(TensorWorkbench bench, Tensor x, int[] rows) {
        int[] shape = x.shape();
        shape[0] = rows.length;
        Tensor picked = bench.arena().allocate(shape);
        plain.rows().gather(x, rows, picked);
        return picked;
    }

    @Test
    void shouldNotDependOnTheRowsOrderInProductsAndBiases() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor x = bench.normal(ROWS, 4);
            Tensor w = bench.normal(3, 4);
            Tensor dy = bench.normal(ROWS, 3);
            check(
                    bench,
                    "dw",
                    new int[] {3, 4},
                    (rows, dw) -> plain.linear()
                            .linearBackward(rows(bench, x, rows), w, rows(bench, dy, rows), 0f, null, dw, null));
            check(
                    bench,
                    "dBias",
                    new int[] {3},
                    (rows, dBias) -> plain.linear()
                            .linearBackward(rows(bench, x, rows), w, rows(bench, dy, rows), 0f, null, null, dBias));
        }
    }

    @Test
    void shouldNotDependOnTheRowsOrderInNorms() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor x = bench.normal(ROWS, 5);
            Tensor dy = bench.normal(ROWS, 5);
            Tensor gamma = bench.normal(5);
            Tensor mean = bench.normal(ROWS);
            Tensor rstd = bench.filled(0.9f, ROWS);
            for (int which = 0; which < 3; which++) {
                int operation = which;
                check(bench, "norm " + which, new int[] {5}, (rows, sums) -> {
                    Tensor dx = bench.arena().allocate(rows.length, 5);
                    if (operation == 2) {
                        plain.norm()
                                .rmsNormBackward(
                                        rows(bench, dy, rows),
                                        rows(bench, x, rows),
                                        gamma,
                                        rows(bench, rstd, rows),
                                        dx,
                                        sums);
                    } else {
                        plain.norm()
                                .layerNormBackward(
                                        rows(bench, dy, rows),
                                        rows(bench, x, rows),
                                        gamma,
                                        rows(bench, mean, rows),
                                        rows(bench, rstd, rows),
                                        dx,
                                        operation == 0 ? sums : null,
                                        operation == 1 ? sums : null);
                    }
                });
            }
        }
    }

    @Test
    void shouldNotDependOnTheRowsOrderInEmbeddings() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor dx = bench.normal(ROWS, 4);
            int[] ids = bench.indices(ROWS, 3);
            check(
                    bench,
                    "embedding",
                    new int[] {3, 4},
                    (rows, sums) -> plain.rows()
                            .scatterAdd(
                                    rows(bench, dx, rows),
                                    Arrays.stream(rows).map(row -> ids[row]).toArray(),
                                    sums));
            check(bench, "positions", new int[] {4}, (rows, sums) -> {
                for (int row : rows) {
                    plain.elementwise().addTo(dx.slice(row, row + 1).reshape(4), sums);
                }
            });
        }
    }

    @Test
    void shouldNotDependOnTheQueriesOrderInKeysAndValues() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            int heads = 4;
            int[] kvHead = {0, 0, 1, 1};
            Tensor q = bench.normal(ROWS, heads, 3);
            Tensor dOut = bench.normal(ROWS, heads, 3);
            Tensor k = bench.normal(ROWS, 2, 3);
            Tensor v = bench.normal(ROWS, 2, 3);
            Tensor lse = bench.filled(1.5f, ROWS, heads);
            Tensor delta = bench.normal(ROWS, heads);
            for (boolean keys : new boolean[] {true, false}) {
                check(
                        bench,
                        keys ? "dk" : "dv",
                        new int[] {ROWS, 2, 3},
                        (rows, sums) -> plain.attention()
                                .backward(
                                        rows(bench, q, rows),
                                        k,
                                        v,
                                        causal(rows),
                                        kvHead,
                                        0.5f,
                                        rows(bench, dOut, rows),
                                        rows(bench, lse, rows),
                                        rows(bench, delta, rows),
                                        bench.filled(0, rows.length, heads, 3),
                                        keys ? sums : zeroLike(bench, sums),
                                        keys ? zeroLike(bench, sums) : sums,
                                        bench.arena()));
            }
        }
    }

    private static Tensor zeroLike(TensorWorkbench bench, Tensor like) {
        Tensor tensor = bench.arena().allocate(like.dtype(), like.shape());
        tensor.zero();
        return tensor;
    }

    private static KeyRanges causal(int[] rows) {
        return new KeyRanges(
                new int[rows.length], Arrays.stream(rows).map(row -> row + 1).toArray());
    }

    @Test
    void shouldGatherSumsAndAddSquaresExactly() {
        try (TensorWorkbench bench = TensorWorkbench.open(5)) {
            Tensor values = bench.normal(5, 2);
            Tensor sums = zeroSums(bench, 5, 2);
            plain.elementwise().addTo(values, sums);
            Tensor picked = bench.arena().allocate(DType.SUM128, 3, 2);
            plain.rows().gather(sums, new int[] {4, 0, 4}, picked);
            Tensor back = bench.arena().allocate(3, 2);
            plain.elementwise().round(picked, back);
            assertArrayEquals(rows(bench, values, new int[] {4, 0, 4}).toFloats(), back.toFloats());
        }
    }

    @Test
    void shouldRefuseWhatCannotBeExact() {
        try (TensorWorkbench bench = TensorWorkbench.open(6)) {
            Tensor a = bench.normal(2, 2);
            Tensor sums = zeroSums(bench, 2, 2);
            assertThrows(IllegalArgumentException.class, () -> plain.linear().matmul(true, a, false, a, 0f, sums));
            assertThrows(IllegalArgumentException.class, () -> plain.linear().addBias(sums, bench.normal(2)));
            assertThrows(
                    IllegalArgumentException.class, () -> plain.elementwise().addTo(sums, a));
            assertThrows(
                    IllegalArgumentException.class, () -> plain.elementwise().round(a, a));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Devices.cpu().kernels().linear().matmul(true, a, false, a, 1f, sums));
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> Devices.cpu().kernels().elementwise().round(sums, a));
            assertEquals(0, zeroSums(bench, 0, 2).elements());
        }
    }
}
