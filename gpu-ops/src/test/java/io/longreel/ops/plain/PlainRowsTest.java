package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PlainRowsTest {
    private final RowKernels rows = PlainKernels.create().rows();

    @Test
    void shouldMoveRowsByIndexWhenIndicesRepeat() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            Tensor source = bench.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
            Tensor target = bench.filled(0, 3, 2);
            rows.gather(source, new int[] {2, 2, 0}, target);
            assertArrayEquals(new float[] {5, 6, 5, 6, 1, 2}, target.toFloats());
            rows.scatter(source, new int[] {1, 0, 2}, target);
            assertArrayEquals(new float[] {3, 4, 1, 2, 5, 6}, target.toFloats());
            rows.scatterAdd(source, new int[] {1, 1, 1}, target);
            assertArrayEquals(new float[] {3, 4, 10, 14, 5, 6}, target.toFloats());
            rows.gather(source, new int[0], bench.filled(0, 0, 2));
            assertThrows(IndexOutOfBoundsException.class, () -> rows.gather(source, new int[] {0, 3, 0}, target));
            assertThrows(IndexOutOfBoundsException.class, () -> rows.scatter(source, new int[] {0, -1, 0}, target));
        }
    }

    @Test
    void shouldMoveColumnsWhenAHeadIsPacked() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            Tensor wide = bench.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor narrow = bench.filled(0, 2, 2);
            rows.gatherColumns(wide, 1, narrow);
            assertArrayEquals(new float[] {2, 3, 5, 6}, narrow.toFloats());
            rows.scatterColumns(narrow, wide, 0, true);
            assertArrayEquals(new float[] {3, 5, 3, 9, 11, 6}, wide.toFloats());
            rows.scatterColumns(narrow, wide, 1, false);
            assertArrayEquals(new float[] {3, 2, 3, 9, 5, 6}, wide.toFloats());
            assertThrows(IllegalArgumentException.class, () -> rows.gatherColumns(wide, 2, narrow));
        }
    }

    @Test
    void shouldDropPixelsWhenTheFrameIsNoWholeNumberOfPatches() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor pixels = bench.arena().allocate(1, 3, 3, 5);
            for (int i = 0; i < 45; i++) {
                pixels.setFloat(i, i);
            }
            Tensor patches = bench.filled(-1, 2, 12);
            rows.patches(pixels, 2, patches);
            assertArrayEquals(
                    new float[] {
                        0, 1, 5, 6, 15, 16, 20, 21, 30, 31, 35, 36, //
                        2, 3, 7, 8, 17, 18, 22, 23, 32, 33, 37, 38
                    },
                    patches.toFloats());
        }
    }

    @Test
    void shouldPadWithZerosWhenTheGridIsOdd() {
        try (TensorWorkbench bench = TensorWorkbench.open(4)) {
            Tensor x = bench.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, 1);
            Tensor y = bench.filled(-1, 4, 4);
            rows.downsample(x, 3, y);
            assertArrayEquals(new float[] {1, 2, 4, 5, 3, 0, 6, 0, 7, 8, 0, 0, 9, 0, 0, 0}, y.toFloats());
            Tensor dx = bench.filled(-1, 9, 1);
            rows.downsampleBackward(y, 3, dx);
            assertArrayEquals(x.toFloats(), dx.toFloats());
        }
    }

    @Test
    void shouldBeTheAdjointWhenDownsamplingGoesBack() {
        for (int grid = 1; grid <= 4; grid++) {
            try (TensorWorkbench bench = TensorWorkbench.open(grid)) {
                int half = (grid + 1) / 2;
                Tensor x = bench.normal(2 * grid * grid, 3);
                Tensor dy = bench.normal(2 * half * half, 12);
                Tensor y = bench.arena().allocate(2 * half * half, 12);
                Tensor dx = bench.filled(Float.NaN, 2 * grid * grid, 3);
                rows.downsample(x, grid, y);
                rows.downsampleBackward(dy, grid, dx);
                bench.assertClose(
                        "<y, dy> = <x, dx>", FiniteDifferences.inner(y, dy), FiniteDifferences.inner(x, dx), 1e-12);
            }
        }
    }
}
