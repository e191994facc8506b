package io.longreel.ops.plain;

import io.longreel.ops.exact.FixedSum;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/** Element-wise work on SUM128 tensors. Stateless; any thread. */
final class FixedSums {
    private FixedSums() {}

    /** {@code sums += x}; {@code x} is F32, each element a term, or SUM128. */
    static void add(Tensor x, Tensor sums) {
        Shapes.accumulator("x", x, sums.elements());
        FixedSum sum = new FixedSum();
        FixedSum more = new FixedSum();
        for (long i = 0; i < x.elements(); i++) {
            sum.load(sums, i);
            if (x.dtype() == DType.F32) {
                sum.add(x.getFloat(i));
            } else {
                more.load(x, i);
                sum.add(more);
            }
            sum.store(sums, i);
        }
    }

    /** {@code target = sums}, rounded to F32. */
    static void round(Tensor sums, Tensor target) {
        if (sums.dtype() != DType.SUM128) {
            throw new IllegalArgumentException("only exact sums are rounded: sums=" + sums);
        }
        FixedSum sum = new FixedSum();
        for (long i = 0; i < sums.elements(); i++) {
            sum.load(sums, i);
            target.setFloat(i, (float) sum.value());
        }
    }
}
