package io.longreel.ops.plain;

import io.longreel.ops.exact.FixedSum;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where an operation adds what many rows contribute to the elements of one gradient. An F32 gradient gets the sum in double, rounded once when
 * the operation ends; a SUM128 gradient gets every term by itself, so that neither the order of the rows nor their division among
 * operations, micro-batches and ranks matters.
 */
interface GradientSums {

    void add(int element, double term);

    /** To be called when all terms have been added. */
    void finish();

    /** Sums into {@code gradient}; into nothing when it is null. */
    static GradientSums into(String name, @Nullable Tensor gradient, int elements) {
        if (gradient == null) {
            return Nowhere.NOWHERE;
        }
        Shapes.accumulator(name, gradient, elements);
        return gradient.dtype() == DType.SUM128 ? new Fixed(gradient, new FixedSum()) : new Rounded(gradient);
    }

    /** Takes terms for a frozen parameter. */
    enum Nowhere implements GradientSums {
        NOWHERE;

        @Override
        public void add(int element, double term) {}

        @Override
        public void finish() {}
    }

    /** F32: {@code gradient + sum}, the sum in double in the order of the calls. */
    final class Rounded implements GradientSums {
        private final Tensor gradient;
        private final double[] sums;

        Rounded(Tensor gradient) {
            this.gradient = gradient;
            this.sums = new double[Math.toIntExact(gradient.elements())];
        }

        @Override
        public void add(int element, double term) {
            sums[element] += term;
        }

        @Override
        public void finish() {
            for (int i = 0; i < sums.length; i++) {
                gradient.setFloat(i, (float) (gradient.getFloat(i) + sums[i]));
            }
        }
    }

    /** SUM128: term by term. */
    record Fixed(Tensor gradient, FixedSum sum) implements GradientSums {

        @Override
        public void add(int element, double term) {
            sum.load(gradient, element);
            sum.add(term);
            sum.store(gradient, element);
        }

        @Override
        public void finish() {}
    }
}
