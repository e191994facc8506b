package io.longreel.model;

import io.longreel.model.plan.StepPlan;

/**
 * Off-heap memory that a rank's state takes, in bytes, apart from activations. For P parameters that all train, on W ranks, up to one element per unit
 * and the alignment of tensors:
 *
 * <pre>
 *   weights     4 P (F32) or 2 P (BF16); divided by W when parameters are sharded
 *   gradients   4 P; divided by W when gradients are sharded
 *   optimizer   8 P / W, and 4 P / W more for the master weights where weights are BF16
 *   windows     two of the largest layer and one of the largest embedding, where weights do not lie whole in F32; as many and
 *               (W - 1) / W of the largest layer for sharded gradients
 * </pre>
 */
record StateBytes(long weights, long windows, long gradients, long optimizer) {
    static final StateBytes NONE = new StateBytes(0, 0, 0, 0);

    StateBytes plus(StateBytes other) {
        return new StateBytes(
                weights + other.weights,
                windows + other.windows,
                gradients + other.gradients,
                optimizer + other.optimizer);
    }

    /** With what passes take. */
    RankMemory with(StepPlan passes, long cacheBytes) {
        return new RankMemory(
                weights, windows, gradients, optimizer, 0, passes.activationBytes(), passes.scratchBytes(), cacheBytes);
    }

    long total() {
        return weights + windows + gradients + optimizer;
    }
}
