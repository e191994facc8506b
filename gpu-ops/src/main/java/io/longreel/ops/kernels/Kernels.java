package io.longreel.ops.kernels;

import io.longreel.ops.tensor.DType;

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

    /** What the factors of linear layers are narrowed to before they are multiplied: F32 (as they are) or BF16. */
    default DType operands() {
        return DType.F32;
    }

    /** The same operations, for linear layers with other factors. */
    default Kernels withOperands(DType type) {
        return type == operands() ? this : new OperandKernels(this, type);
    }
}
