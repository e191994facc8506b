package io.longreel.model.loss;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.ops.exact.ExactSum;
import io.longreel.transport.Communicator;

/**
 * The sum of a step's losses on one rank, and then over all ranks: in double in the order of the calls, or exactly. Used by the rank's compute
 * thread.
 */
public final class LossSum {
    private final Sums sums;
    private final ExactSum exact = new ExactSum();
    private double inOrder;

    public LossSum(Sums sums) {
        this.sums = sums;
    }

    /** Whether each token's loss must be added by itself, because a sum of several would already be rounded. */
    boolean wantsSingleTokens() {
        return sums == Sums.EXACT;
    }

    public void add(double loss) {
        if (sums == Sums.EXACT) {
            exact.add(loss);
        } else {
            inOrder += loss;
        }
    }

    /** What was added on this rank. */
    public double value() {
        return sums == Sums.EXACT ? exact.value() : inOrder;
    }

    /** What was added on all ranks of the group, equal on all of them. */
    public double over(Communicator group) {
        double[] shared = sums == Sums.EXACT ? exact.digits() : new double[] {inOrder};
        group.allReduceSum(shared);
        return sums == Sums.EXACT ? ExactSum.ofDigits(shared).value() : shared[0];
    }
}
