package io.longreel.model;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Calls the kernels that a step calls a few times only, each over much memory, until the JVM has compiled them: a small model's steps do not get there, and
 * vectors that are not compiled are objects, a hundred times as slow. Attention and products need no such help. One thread.
 */
final class KernelWarmUp {
    private static final int ROWS = 64;
    /** With and without a partial vector at the end, so that neither counts as the only case. */
    private static final int[] COLUMNS = {512, 515};

    private static final int CALLS = 100;
    private static final int HEADS = 1;
    private static final float EPSILON = 1e-6f;
    private static final double RATE = 1e-4;

    private KernelWarmUp() {}

    /** Ends early when the process is needed. */
    static void run(Kernels kernels, BooleanSupplier isNeeded) {
        int tensors = 10;
        long bytes = tensors * TensorArena.sizeBytes(DType.F32, ROWS, COLUMNS[1]);
        try (TensorArena arena = TensorArena.open("kernel warm-up", COLUMNS.length * bytes)) {
            List<List<Runnable>> calls = new ArrayList<>();
            for (int columns : COLUMNS) {
                calls.add(calls(kernels, arena, columns));
            }
            for (int kernel = 0; kernel < calls.getFirst().size(); kernel++) {
                for (int call = 0; call < CALLS && !isNeeded.getAsBoolean(); call++) {
                    calls.get(call % COLUMNS.length).get(kernel).run();
                }
            }
        }
    }

    private static List<Runnable> calls(Kernels kernels, TensorArena arena, int columns) {
        Tensor x = filled(arena, ROWS, columns);
        Tensor y = filled(arena, ROWS, columns);
        Tensor z = filled(arena, ROWS, columns);
        Tensor u = filled(arena, ROWS, columns);
        Tensor v = filled(arena, ROWS, columns);
        Tensor row = filled(arena, columns);
        Tensor dRow = filled(arena, columns);
        Tensor mean = filled(arena, ROWS);
        Tensor rstd = filled(arena, ROWS);
        int half = columns / 2;
        Tensor cos = filled(arena, ROWS, half);
        Tensor turned = filled(arena, ROWS, HEADS, 2 * half);
        Tensor heads = x.reshape(ROWS, HEADS, columns);
        Tensor delta = filled(arena, ROWS, HEADS);
        int[] labels = new int[ROWS];
        Arrays.fill(labels, 1);
        return List.of(
                () -> kernels.elementwise().geluTanh(x, y),
                () -> kernels.elementwise().geluTanhBackward(x, y, z),
                () -> kernels.elementwise().geluErf(x, y),
                () -> kernels.elementwise().geluErfBackward(x, y, z),
                () -> kernels.elementwise().siluMul(x, y, z),
                () -> kernels.elementwise().siluMulBackward(x, y, z, u, v),
                () -> kernels.elementwise().rope(turned, cos, cos, false),
                () -> kernels.elementwise().add(x, y, z),
                () -> kernels.elementwise().scale(x, 1f),
                () -> kernels.elementwise().axpy(0f, x, y),
                () -> kernels.elementwise().sumOfSquares(x),
                () -> kernels.linear().addBias(z, row),
                () -> kernels.linear().biasGradient(x, dRow),
                () -> kernels.norm().layerNorm(x, row, row, EPSILON, y, mean, rstd),
                () -> kernels.norm().layerNormBackward(y, x, row, mean, rstd, z, dRow, dRow),
                () -> kernels.norm().rmsNorm(x, row, EPSILON, y, rstd),
                () -> kernels.norm().rmsNormBackward(y, x, row, rstd, z, dRow),
                () -> kernels.attention().delta(heads, heads, delta),
                () -> kernels.loss().crossEntropy(u, labels, 1f),
                () -> kernels.optimizer().adamW(x, y, u, v, 1f, RATE, 0.9, 0.95, EPSILON, 0, 1));
    }

    private static Tensor filled(TensorArena arena, int... shape) {
        Tensor tensor = arena.allocate(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, 0.5f);
        }
        return tensor;
    }
}
