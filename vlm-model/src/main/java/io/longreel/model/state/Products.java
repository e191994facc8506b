package io.longreel.model.state;

import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The products of a linear layer {@code y = x W^T + b}, with factors as {@link io.longreel.ops.kernels.Kernels#operands} says: as they are, or rounded to BF16
 * in scratch memory. Sums, biases and results are F32 either way. Stateless.
 */
public final class Products {
    private Products() {}

    /** {@code y [T, out] = x [T, in] w [out, in]^T (+ bias)}. */
    public static void forward(Workspace ws, Tensor x, Tensor w, @Nullable Tensor bias, Tensor y) {
        TensorArena scratch = ws.scratch();
        long mark = scratch.mark();
        ws.kernels().linear().linear(factor(ws, x), factor(ws, w), bias, y);
        scratch.rewind(mark);
    }

    /** {@code dx = beta dx + dy w}; {@code dw += dy^T x}; {@code dBias += sum dy}. Null outputs are not computed. */
    public static void backward(
            Workspace ws,
            Tensor x,
            Tensor w,
            Tensor dy,
            float beta,
            @Nullable Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor dBias) {
        LinearKernels linear = ws.kernels().linear();
        if (ws.kernels().operands() == DType.F32) {
            linear.linearBackward(x, w, dy, beta, dx, dw, dBias);
            return;
        }
        TensorArena scratch = ws.scratch();
        long mark = scratch.mark();
        if (dx != null || dw != null) {
            Tensor gradient = factor(ws, dy);
            if (dx != null) {
                linear.matmul(false, gradient, false, factor(ws, w), beta, dx);
            }
            if (dw != null) {
                linear.matmul(true, gradient, false, factor(ws, x), 1f, dw);
            }
        }
        if (dBias != null) {
            linear.biasGradient(dy, dBias);
        }
        scratch.rewind(mark);
    }

    /** What is multiplied instead of {@code value}: itself, or a copy in scratch memory; for whoever multiplies by it more than once. */
    public static Tensor factor(Workspace ws, Tensor value) {
        if (value.dtype() == ws.kernels().operands()) {
            return value;
        }
        Tensor narrow = ws.scratch().allocate(DType.BF16, value.shape());
        ws.kernels().elementwise().narrow(value, narrow);
        return narrow;
    }
}
