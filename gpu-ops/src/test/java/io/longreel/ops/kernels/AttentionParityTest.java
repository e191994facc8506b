package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.AttentionCase.Gradients;
import io.longreel.ops.AttentionCase.Result;
import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AttentionParityTest {
    private static final double TOLERANCE = 1e-5;
    private final AttentionKernels plain = Devices.plain().kernels().attention();
    private final AttentionKernels cpu = Devices.cpu().kernels().attention();

    /** Compares forward over the blocks, and backward under the oracle's log-sum-exp. */
    private void compare(AttentionCase problem, String what, int... bounds) {
        int[] order = new int[bounds.length - 1];
        for (int b = 0; b < order.length; b++) {
            order[b] = order.length - 1 - b;
        }
        TensorWorkbench bench = problem.bench();
        Result expected = problem.forward(plain, bounds, order);
        Result actual = problem.forward(cpu, bounds, order);
        bench.assertClose(what + " out", expected.out(), actual.out(), TOLERANCE);
        bench.assertClose(what + " lse", expected.lse(), actual.lse(), TOLERANCE);
        Gradients expectedGradients = problem.backward(plain, expected, bounds, order);
        Gradients actualGradients = problem.backward(cpu, expected, bounds, order);
        bench.assertClose(what + " dq", expectedGradients.dq(), actualGradients.dq(), TOLERANCE);
        bench.assertClose(what + " dk", expectedGradients.dk(), actualGradients.dk(), TOLERANCE);
        bench.assertClose(what + " dv", expectedGradients.dv(), actualGradients.dv(), TOLERANCE);
    }

    @Test
    void shouldEqualTheOracleWhenBlocksHaveAnySize() {
        long seed = 1;
        int[][] sizes = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 40}, {40, 2}, {17, 33}, {130, 70}};
        for (int[] size : sizes) {
            for (int headDim : new int[] {1, 8, 32, 40}) {
                try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                    KeyRanges full = KeyRanges.full(size[0], size[1]);
                    compare(
                            AttentionCase.random(bench, size[0], 2, size[1], 1, headDim, full),
                            "queries=%d keys=%d headDim=%d".formatted(size[0], size[1], headDim),
                            0,
                            size[1]);
                }
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenRowsSpanSeveralTiles() {
        int rows = 700;
        try (TensorWorkbench bench = TensorWorkbench.open(100)) {
            AttentionCase problem =
                    AttentionCase.random(bench, rows, 2, rows, 1, 16, AttentionCase.causal(rows, rows, 0));
            compare(problem, "causal in one block", 0, rows);
            compare(problem, "causal in blocks", 0, 1, 300, 300, rows);
        }
        try (TensorWorkbench bench = TensorWorkbench.open(101)) {
            AttentionCase problem = AttentionCase.random(bench, 150, 2, 1300, 2, 8, KeyRanges.full(150, 1300));
            compare(problem, "full over many keys", 0, 1300);
        }
    }

    @Test
    void shouldEqualTheOracleWhenMasksJumpOrHide() {
        int rows = 203;
        long seed = 200;
        KeyRanges[] masks = {
            AttentionCase.causalDocuments(rows, 0, 1, 50, 170),
            AttentionCase.frames(rows, 16),
            AttentionCase.causal(rows, rows, -90),
            AttentionCase.causal(rows, rows, 90),
            AttentionCase.window(rows, 20),
        };
        for (int m = 0; m < masks.length; m++) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                compare(AttentionCase.random(bench, rows, 4, rows, 2, 8, masks[m]), "mask " + m, 0, 77, rows);
            }
        }
        for (int round = 0; round < 3; round++) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                KeyRanges any = AttentionCase.anyRanges(bench, rows, 90);
                compare(AttentionCase.random(bench, rows, 3, 90, 3, 8, any), "any ranges", 0, 30, 90);
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenHeadsMapInAnyWay() {
        try (TensorWorkbench bench = TensorWorkbench.open(300)) {
            AttentionCase base = AttentionCase.random(bench, 45, 4, 45, 3, 72, AttentionCase.causal(45, 45, 0));
            AttentionCase problem = new AttentionCase(
                    bench, base.q(), base.k(), base.v(), base.dOut(), base.ranges(), new int[] {2, 0, 2, 0}, 0.3f);
            compare(problem, "odd head map", 0, 20, 45);
        }
    }

    @Test
    void shouldEqualTheOracleWhateverTheHeadDims() {
        int[][] dims = {
            {8, 8},
            {16, 16},
            {64, 64},
            {72, 72},
            {80, 80},
            {96, 96},
            {128, 128},
            {192, 128},
            {256, 256},
            {1, 1},
            {7, 7},
            {33, 5},
            {5, 33},
            {127, 129},
            {16, 1},
            {1, 16}
        };
        long seed = 700;
        for (int[] dim : dims) {
            try (TensorWorkbench bench = TensorWorkbench.open(seed++)) {
                int rows = 150;
                KeyRanges causal = AttentionCase.causal(rows, rows, 0);
                AttentionCase problem = AttentionCase.random(bench, rows, 3, rows, 2, dim[0], dim[1], causal);
                compare(problem, "headDim=%d valueDim=%d".formatted(dim[0], dim[1]), 0, 40, rows);
            }
        }
    }

    @Test
    void shouldEqualTheOracleWhenARowStartsFromASink() {
        int rows = 60;
        int[] bounds = {0, 25, rows};
        int[] order = {1, 0};
        float[] sinks = {-0.5f, 3f, 40f};
        try (TensorWorkbench bench = TensorWorkbench.open(800)) {
            KeyRanges ranges = AttentionCase.causal(rows, rows, -3);
            AttentionCase problem = AttentionCase.random(bench, rows, 3, rows, 1, 16, 8, ranges);
            Result expected = problem.forward(plain, bounds, order, sinks);
            Result actual = problem.forward(cpu, bounds, order, sinks);
            bench.assertClose("out", expected.out(), actual.out(), TOLERANCE);
            bench.assertClose("lse", expected.lse(), actual.lse(), TOLERANCE);
            // The first rows see no key but the sink.
            assertEquals(0f, actual.out().getFloat(0));
            assertEquals(3f, actual.lse().getFloat(1));
            Gradients expectedGradients = problem.backward(plain, expected, bounds, order);
            Gradients actualGradients = problem.backward(cpu, expected, bounds, order);
            bench.assertClose("dq", expectedGradients.dq(), actualGradients.dq(), TOLERANCE);
            bench.assertClose("dk", expectedGradients.dk(), actualGradients.dk(), TOLERANCE);
            bench.assertClose("dv", expectedGradients.dv(), actualGradients.dv(), TOLERANCE);
        }
    }

    @Test
    void shouldExecuteHardlyMorePairsThanTheMaskAllows() {
        KeyRanges causal = AttentionCase.causal(600, 700, 100);
        assertEquals(causal.pairs(), plain.executedPairs(causal));
        assertTrue(cpu.executedPairs(causal) > causal.pairs());
        assertTrue(cpu.executedPairs(causal) <= 1.04 * causal.pairs());
        KeyRanges full = KeyRanges.full(300, 40);
        assertEquals(300 * 40, cpu.executedPairs(full));
    }

    @Test
    void shouldRefuseOperandsWhenTheyDoNotFit() {
        try (TensorWorkbench bench = TensorWorkbench.open(900)) {
            int[][] good = {{4, 2, 8}, {6, 1, 8}, {6, 1, 3}, {4, 2, 3}, {4, 2}};
            int[][][] misfits = {
                {{4, 2, 7}, good[1], good[2], good[3], good[4]},
                {good[0], {6, 1, 9}, good[2], good[3], good[4]},
                {good[0], good[1], {5, 1, 3}, good[3], good[4]},
                {good[0], good[1], {6, 2, 3}, good[3], good[4]},
                {good[0], good[1], {6, 3}, good[3], good[4]},
                {good[0], good[1], good[2], {4, 2, 8}, good[4]},
                {good[0], good[1], good[2], {4, 1, 3}, good[4]},
                {good[0], good[1], good[2], {5, 2, 3}, good[4]},
                {good[0], good[1], good[2], good[3], {4, 1}},
            };
            for (AttentionKernels kernels : new AttentionKernels[] {plain, cpu}) {
                forwardOnShapes(bench, kernels, good);
                for (int[][] misfit : misfits) {
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> forwardOnShapes(bench, kernels, misfit),
                            () -> Arrays.deepToString(misfit));
                }
            }
        }
    }

    @Test
    void shouldRefuseGradientsWhenTheyAreNotLikeTheirOperands() {
        try (TensorWorkbench bench = TensorWorkbench.open(901)) {
            int[][] good = {{4, 2, 8}, {6, 1, 8}, {6, 1, 3}, {4, 2}};
            int[][][] misfits = {
                {{4, 2, 9}, {6, 1, 9}, good[2], good[3]},
                {{4, 1, 16}, good[1], good[2], good[3]},
                {good[0], {5, 1, 8}, good[2], good[3]},
                {good[0], {6, 8}, good[2], good[3]},
                {good[0], good[1], {6, 1, 8}, good[3]},
                {good[0], good[1], {6, 3}, good[3]},
                {good[0], good[1], good[2], {4, 1}},
            };
            for (AttentionKernels kernels : new AttentionKernels[] {plain, cpu}) {
                backwardIntoShapes(bench, kernels, good);
                for (int[][] misfit : misfits) {
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> backwardIntoShapes(bench, kernels, misfit),
                            () -> Arrays.deepToString(misfit));
                }
            }
        }
    }

    private static void backwardIntoShapes(TensorWorkbench bench, AttentionKernels kernels, int[][] gradients) {
        kernels.backward(
                bench.normal(4, 2, 8),
                bench.normal(6, 1, 8),
                bench.normal(6, 1, 3),
                KeyRanges.full(4, 6),
                new int[2],
                1f,
                bench.normal(4, 2, 3),
                bench.normal(4, 2),
                bench.normal(gradients[3]),
                bench.filled(0, gradients[0]),
                bench.filled(0, gradients[1]),
                bench.filled(0, gradients[2]),
                bench.arena());
    }

    private static void forwardOnShapes(TensorWorkbench bench, AttentionKernels kernels, int[][] shapes) {
        kernels.forward(
                bench.normal(shapes[0]),
                bench.normal(shapes[1]),
                bench.normal(shapes[2]),
                KeyRanges.full(4, 6),
                new int[2],
                1f,
                bench.filled(0, shapes[3]),
                bench.filled(0, shapes[4]),
                bench.arena());
    }

    @Test
    void shouldEqualTheOracleWhenScoresAreFarApart() {
        try (TensorWorkbench bench = TensorWorkbench.open(400)) {
            AttentionCase problem = AttentionCase.random(bench, 60, 1, 600, 1, 8, KeyRanges.full(60, 600));
            Devices.plain().kernels().elementwise().scale(problem.q(), 30f);
            compare(problem, "large scores", 0, 100, 600);
        }
    }

    @Test
    void shouldKeepInitialValuesWhenARowSeesNoKey() {
        try (TensorWorkbench bench = TensorWorkbench.open(500)) {
            KeyRanges causal = AttentionCase.causal(40, 20, -10);
            AttentionCase problem = AttentionCase.random(bench, 40, 2, 20, 1, 8, causal);
            Result forward = problem.forward(cpu);
            Gradients gradients = problem.backward(cpu, forward);
            for (int row = 0; row < 10 * 2; row++) {
                assertEquals(Float.NEGATIVE_INFINITY, forward.lse().getFloat(row));
            }
            for (int i = 0; i < 10 * 2 * 8; i++) {
                assertEquals(0f, forward.out().getFloat(i));
                assertEquals(0f, gradients.dq().getFloat(i));
            }
        }
    }

    @Test
    void shouldLetNaNThroughWhenAQueryOrAKeyHoldsOne() {
        try (TensorWorkbench bench = TensorWorkbench.open(600)) {
            AttentionCase problem = AttentionCase.random(bench, 20, 1, 50, 1, 8, KeyRanges.full(20, 50));
            problem.q().setFloat(3 * 8, Float.NaN);
            problem.k().setFloat(49 * 8, Float.NaN);
            Tensor out = problem.forward(cpu).out();
            assertTrue(Float.isNaN(out.getFloat(3 * 8)));
            assertTrue(Float.isNaN(out.getFloat(0)));
        }
    }
}
