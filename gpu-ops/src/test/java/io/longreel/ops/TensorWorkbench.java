package io.longreel.ops;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * Tensors for one test, with contents from a seed, and comparisons in relative norm whose failure prints that seed. Closing it frees the
 * tensors. Belongs to the test's thread.
 */
public final class TensorWorkbench implements AutoCloseable {
    private static final long CAPACITY_BYTES = 16L << 20;

    private static final double FLOOR = 0.1;

    private final TensorArena arena;
    private final long seed;
    private final RandomGenerator random;

    private TensorWorkbench(long seed, long capacityBytes) {
        this.arena = TensorArena.open("workbench", capacityBytes);
        this.seed = seed;
        this.random = new Random(seed);
    }

    public static TensorWorkbench open(long seed) {
        return open(seed, CAPACITY_BYTES);
    }

    public static TensorWorkbench open(long seed, long capacityBytes) {
        return new TensorWorkbench(seed, capacityBytes);
    }

    public TensorArena arena() {
        return arena;
    }

    public RandomGenerator random() {
        return random;
    }

    /** Standard normal values. */
    public Tensor normal(int... shape) {
        Tensor tensor = arena.allocate(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextGaussian());
        }
        return tensor;
    }

    public Tensor of(float[] values, int... shape) {
        Tensor tensor = arena.allocate(shape);
        tensor.copyFrom(values);
        return tensor;
    }

    public Tensor filled(float value, int... shape) {
        Tensor tensor = arena.allocate(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, value);
        }
        return tensor;
    }

    public Tensor copy(Tensor source) {
        Tensor tensor = arena.allocate(source.shape());
        tensor.copyFrom(source);
        return tensor;
    }

    /** Row numbers below {@code bound}, repeats allowed. */
    public int[] indices(int count, int bound) {
        int[] index = new int[count];
        for (int i = 0; i < count; i++) {
            index[i] = random.nextInt(bound);
        }
        return index;
    }

    /**
     * Norm of the difference over the norm of what is expected, or over a tenth of the operands' own size where the expected values
     * cancel to less than that (operands are standard normal). Equal elements, also equally infinite ones, count as no difference. */
    public static double relativeError(Tensor expected, Tensor actual) {
        double difference = 0;
        double norm = 0;
        for (long i = 0; i < expected.elements(); i++) {
            double e = expected.getFloat(i);
            double a = actual.getFloat(i);
            if (e != a) {
                difference += (e - a) * (e - a);
            }
            norm += Double.isInfinite(e) ? 0 : e * e;
        }
        return difference == 0 ? 0 : Math.sqrt(difference / Math.max(norm, FLOOR * FLOOR * expected.elements()));
    }

    /** Fails unless the relative error is within the tolerance; a NaN on either side fails. */
    public void assertClose(String what, Tensor expected, Tensor actual, double tolerance) {
        assertTrue(expected.elements() == actual.elements(), what + ": sizes " + expected + " and " + actual);
        double error = relativeError(expected, actual);
        assertTrue(
                error <= tolerance,
                () -> "%s: relativeError=%.3g tolerance=%.3g shape=%s seed=%d"
                        .formatted(what, error, tolerance, expected, seed));
    }

    public void assertClose(String what, double expected, double actual, double tolerance) {
        double error = Math.abs(expected - actual) / Math.max(Math.abs(expected), 1e-30);
        assertTrue(
                expected == actual || error <= tolerance,
                () -> "%s: expected=%.9g actual=%.9g seed=%d".formatted(what, expected, actual, seed));
    }

    @Override
    public void close() {
        arena.close();
    }
}
