package io.longreel.ops.kernels;

/**
 * All operations of one device. Gradients that sum over rows (of weights, biases, norms, embeddings, keys and values) accumulate in F32; the
 * oracles also accumulate them in SUM128, whose result does not depend on the order or the division of the rows.
 */
public interface Kernels {
    LinearKernels linear();

    NormKernels norm();

    ElementwiseKernels elementwise();

    RowKernels rows();

    AttentionKernels attention();

    LossKernels loss();

    OptimizerKernels optimizer();
}
