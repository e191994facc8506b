package io.longreel.ops.kernels;

/** All operations of one device. */
public interface Kernels {
    LinearKernels linear();

    NormKernels norm();

    ElementwiseKernels elementwise();

    RowKernels rows();

    AttentionKernels attention();

    LossKernels loss();

    OptimizerKernels optimizer();
}
