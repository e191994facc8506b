package io.longreel.ops.kernels;

import io.longreel.ops.tensor.DType;

/** Kernels of a device, said to be used with other factors in linear layers. */
final class OperandKernels extends ForwardingKernels {
    private final DType operands;

    OperandKernels(Kernels real, DType operands) {
        super(real);
        if (operands != DType.F32 && operands != DType.BF16) {
            throw new IllegalArgumentException("factors must be F32 or BF16: operands=" + operands);
        }
        this.operands = operands;
    }

    @Override
    public DType operands() {
        return operands;
    }
}
