package io.longreel.ops.kernels;

import io.longreel.ops.tensor.DType;

/** Kernels of a device, said to be used with other factors in linear layers. */
record OperandKernels(Kernels real, DType operands) implements Kernels {

    OperandKernels {
        if (operands != DType.F32 && operands != DType.BF16) {
            throw new IllegalArgumentException("factors must be F32 or BF16: operands=" + operands);
        }
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
}
