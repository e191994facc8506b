package io.longreel.ops.kernels;

import io.longreel.ops.tensor.Tensor;

/** Updates of a slice of parameters. */
public interface OptimizerKernels {

    /**
     * One AdamW step (Loshchilov and Hutter, decoupled decay), in place, with bias correction by {@code step} (from 1).
     * {@code gradientScale} multiplies the gradient first (clipping).
     */
    void adamW(
            Tensor weights,
            Tensor gradients,
            Tensor m,
            Tensor v,
            float gradientScale,
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            int step);
}
