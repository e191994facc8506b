package io.longreel.ops.kernels;

import io.longreel.ops.tensor.DType;

/** Hands every family of operations on to other kernels; who extends it replaces or disturbs some. */
public abstract class ForwardingKernels implements Kernels {
    private final Kernels real;

    protected ForwardingKernels(Kernels real) {
        this.real = real;
    }

    @Override
    public LinearKernels linear() {
        return real.linear();
    }

    @Override
    public NormKernels norm() {
        return real.norm();
    }

    @Override
    public ElementwiseKernels elementwise() {
        return real.elementwise();
    }

    @Override
    public RowKernels rows() {
        return real.rows();
    }

    @Override
    public AttentionKernels attention() {
        return real.attention();
    }

    @Override
    public LossKernels loss() {
        return real.loss();
    }

    @Override
    public OptimizerKernels optimizer() {
        return real.optimizer();
    }

    @Override
    public DType operands() {
        return real.operands();
    }
}
