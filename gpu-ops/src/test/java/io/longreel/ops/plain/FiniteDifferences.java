package io.longreel.ops.plain;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.tensor.Tensor;
import java.util.function.DoubleSupplier;

/** Central differences: the gradient of a scalar by nudging one element at a time. Any thread. */
final class FiniteDifferences {
    private static final float STEP = 1f / 128;
    private static final double TOLERANCE = 1e-3;

    private FiniteDifferences() {}

    /** Fails unless {@code gradient} is the gradient of {@code scalar} by {@code input}. The input is left as it was. */
    static void check(TensorWorkbench bench, String what, Tensor input, Tensor gradient, DoubleSupplier scalar) {
        Tensor numeric = bench.arena().allocate(input.shape());
        for (long i = 0; i < input.elements(); i++) {
            float value = input.getFloat(i);
            input.setFloat(i, value + STEP);
            double above = scalar.getAsDouble();
            input.setFloat(i, value - STEP);
            double below = scalar.getAsDouble();
            input.setFloat(i, value);
            numeric.setFloat(i, (float) ((above - below) / (2 * STEP)));
        }
        bench.assertClose(what, numeric, gradient, TOLERANCE);
    }

    /** {@code sum of a * b}, in double: makes a scalar of an output and its incoming gradient. */
    static double inner(Tensor a, Tensor b) {
        double sum = 0;
        for (long i = 0; i < a.elements(); i++) {
            sum += (double) a.getFloat(i) * b.getFloat(i);
        }
        return sum;
    }
}
