package io.longreel.ops.kernels;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

class RowParityTest {
    private final RowKernels plain = Devices.plain().kernels().rows();
    private final RowKernels cpu = Devices.cpu().kernels().rows();

    /** Runs the same operation on both and demands equal bits. */
    private void compare(TensorWorkbench bench, String what, Tensor target, BiConsumer<RowKernels, Tensor> operation) {
        Tensor expected = bench.copy(target);
        Tensor actual = bench.copy(target);
        operation.accept(plain, expected);
        operation.accept(cpu, actual);
        bench.assertClose(what, expected, actual, 0);
    }

    @Test
    void shouldEqualTheOracleWhenRowsMoveByIndex() {
        long seed = 1;
        for (int count : new int[] {0, 1, 9, 40}) {
            for (int columns : new int[] {0, 1, 16, 37}) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    int[] index = bench.indices(count, 20);
                    Tensor few = bench.normal(count, columns);
                    Tensor many = bench.normal(20, columns);
                    compare(bench, "gather", few, (k, target) -> k.gather(many, index, target));
                    compare(bench, "scatter", many, (k, target) -> k.scatter(few, index, target));
                    compare(bench, "scatterAdd", many, (k, target) -> k.scatterAdd(few, index, target));
                }
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenColumnsMove() {
        long seed = 100;
        for (int rows : new int[] {0, 1, 6}) {
            for (int width : new int[] {0, 1, 32, 45}) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    Tensor wide = bench.normal(rows, 50);
                    Tensor narrow = bench.normal(rows, width);
                    compare(bench, "gatherColumns", narrow, (k, target) -> k.gatherColumns(wide, 3, target));
                    compare(bench, "scatterColumns", wide, (k, target) -> k.scatterColumns(narrow, target, 5, false));
                    compare(
                            bench,
                            "scatterColumns add",
                            wide,
                            (k, target) -> k.scatterColumns(narrow, target, 0, true));
                }
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenFramesAreCut() {
        long seed = 200;
        int[][] sizes = {{0, 8, 8, 4}, {1, 4, 4, 4}, {2, 15, 10, 4}, {3, 28, 28, 14}, {1, 3, 9, 4}};
        for (int[] size : sizes) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                int patch = size[3];
                Tensor pixels = bench.normal(size[0], 3, size[1], size[2]);
                Tensor patches = bench.normal(size[0] * (size[1] / patch) * (size[2] / patch), 3 * patch * patch);
                compare(bench, "patches", patches, (k, target) -> k.patches(pixels, patch, target));
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenMapsShrinkAndGrow() {
        long seed = 300;
        for (int frames : new int[] {0, 1, 3}) {
            for (int grid : new int[] {1, 2, 5, 8}) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    int half = (grid + 1) / 2;
                    Tensor full = bench.normal(frames * grid * grid, 9);
                    Tensor small = bench.normal(frames * half * half, 36);
                    compare(bench, "downsample", small, (k, target) -> k.downsample(full, grid, target));
                    compare(
                            bench,
                            "downsampleBackward",
                            full,
                            (k, target) -> k.downsampleBackward(small, grid, target));
                }
            }
        }
    }
}
