package io.longreel.ops.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.AttentionCase.Gradients;
import io.longreel.ops.AttentionCase.Result;
import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.tensor.Tensor;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class PlainAttentionTest {
    private static final double TOLERANCE = 1e-6;
    private final AttentionKernels attention = PlainKernels.create().attention();

    @Test
    void shouldMatchTheDenseSoftmaxWhenBlocksComeInAnyOrder() {
        int[] bounds = {0, 5, 5, 12, 17};
        int[][] orders = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};
        for (int kind = 0; kind < 4; kind++) {
            try (TensorWorkbench bench = TensorWorkbench.open(10 + kind)) {
                AttentionCase problem = AttentionCase.random(bench, 17, 4, 17, 2, 8, ranges(bench, kind));
                Result dense = problem.dense();
                for (int[] order : orders) {
                    Result merged = problem.forward(attention, bounds, order);
                    bench.assertClose("out kind=" + kind, dense.out(), merged.out(), TOLERANCE);
                    bench.assertClose("lse kind=" + kind, dense.lse(), merged.lse(), TOLERANCE);
                }
            }
        }
    }

    private static KeyRanges ranges(TensorWorkbench bench, int kind) {
        return switch (kind) {
            case 0 -> KeyRanges.full(17, 17);
            case 1 -> AttentionCase.causal(17, 17, 0);
            case 2 -> AttentionCase.causalDocuments(17, 0, 3, 11);
            default -> AttentionCase.anyRanges(bench, 17, 17);
        };
    }

    @Test
    void shouldMatchFiniteDifferencesWhenBlocksGoBack() {
        int[] bounds = {0, 3, 7};
        for (int kind = 0; kind < 2; kind++) {
            try (TensorWorkbench bench = TensorWorkbench.open(20 + kind)) {
                KeyRanges ranges = kind == 0 ? AttentionCase.causal(6, 7, 1) : AttentionCase.anyRanges(bench, 6, 7);
                AttentionCase problem = AttentionCase.random(bench, 6, 3, 7, 2, 4, 3, ranges);
                Result forward = problem.dense();
                Gradients gradients = problem.backward(attention, forward, bounds, new int[] {1, 0});
                check(bench, problem, "dq", problem.q(), gradients.dq());
                check(bench, problem, "dk", problem.k(), gradients.dk());
                check(bench, problem, "dv", problem.v(), gradients.dv());
            }
        }
    }

    private static void check(
            TensorWorkbench bench, AttentionCase problem, String what, Tensor input, Tensor gradient) {
        FiniteDifferences.check(bench, what, input, gradient, () -> {
            long mark = bench.arena().mark();
            double scalar = FiniteDifferences.inner(problem.dense().out(), problem.dOut());
            bench.arena().rewind(mark);
            return scalar;
        });
    }

    /** A sink is a key that all rows see, so it is no more than an initial log-sum-exp; its gradient follows from lse and delta. */
    @Test
    void shouldHaveTheGradientOfASinkWhenRowsStartFromIt() {
        float[] sinks = {-1f, 0f, 2f};
        int[] bounds = {0, 3, 7};
        int[] order = {1, 0};
        try (TensorWorkbench bench = TensorWorkbench.open(40)) {
            AttentionCase problem = AttentionCase.random(bench, 6, 3, 7, 1, 4, 5, AttentionCase.causal(6, 7, -1));
            Result forward = problem.forward(attention, bounds, order, sinks);
            Result dense = problem.dense(sinks);
            bench.assertClose("out", dense.out(), forward.out(), TOLERANCE);
            bench.assertClose("lse", dense.lse(), forward.lse(), TOLERANCE);
            Gradients gradients = problem.backward(attention, forward, bounds, order);
            Tensor sink = bench.of(sinks, 3);
            DoubleSupplier scalar = () -> {
                long mark = bench.arena().mark();
                double inner =
                        FiniteDifferences.inner(problem.dense(sink.toFloats()).out(), problem.dOut());
                bench.arena().rewind(mark);
                return inner;
            };
            FiniteDifferences.check(bench, "dq", problem.q(), gradients.dq(), scalar);
            FiniteDifferences.check(bench, "dk", problem.k(), gradients.dk(), scalar);
            FiniteDifferences.check(bench, "dv", problem.v(), gradients.dv(), scalar);
            Tensor delta = bench.filled(0, 6, 3);
            attention.delta(forward.out(), problem.dOut(), delta);
            Tensor dSink = bench.filled(0, 3);
            for (int i = 0; i < 6 * 3; i++) {
                double p = Math.exp(sinks[i % 3] - forward.lse().getFloat(i));
                dSink.setFloat(i % 3, (float) (dSink.getFloat(i % 3) - p * delta.getFloat(i)));
            }
            FiniteDifferences.check(bench, "dSink", sink, dSink, scalar);
        }
    }

    @Test
    void shouldKeepInitialValuesWhenARowSeesNoKey() {
        try (TensorWorkbench bench = TensorWorkbench.open(30)) {
            KeyRanges ranges = new KeyRanges(new int[] {0, 2, 3}, new int[] {0, 2, 4});
            AttentionCase problem = AttentionCase.random(bench, 3, 1, 4, 1, 2, ranges);
            Result forward = problem.forward(attention);
            assertEquals(Float.NEGATIVE_INFINITY, forward.lse().getFloat(0));
            assertEquals(0f, forward.out().getFloat(3));
            // one key: all of its value
            assertEquals(problem.v().getFloat(6), forward.out().getFloat(4), 1e-6f);
            Gradients gradients = problem.backward(attention, forward);
            for (int i = 0; i < 4; i++) {
                assertEquals(0f, gradients.dq().getFloat(i));
            }
            assertEquals(0f, gradients.dv().getFloat(0));
        }
    }

    @Test
    void shouldDoNothingWhenEitherSideIsEmpty() {
        try (TensorWorkbench bench = TensorWorkbench.open(31)) {
            AttentionCase noKeys = AttentionCase.random(bench, 3, 2, 0, 1, 4, KeyRanges.full(3, 0));
            assertEquals(
                    Float.NEGATIVE_INFINITY, noKeys.forward(attention).lse().getFloat(0));
            AttentionCase noQueries = AttentionCase.random(bench, 0, 2, 3, 1, 4, KeyRanges.full(0, 3));
            Gradients gradients = noQueries.backward(attention, noQueries.forward(attention));
            assertEquals(0f, gradients.dk().getFloat(0));
        }
    }
}
