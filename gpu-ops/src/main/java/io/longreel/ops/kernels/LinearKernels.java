package io.longreel.ops.kernels;

import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Matrix products and biases. All tensors are F32, but for the factors of a product, which may both be BF16: its sums are F32 all the same. Leading dims count as columns of the first ([rows, columns] view). */
public interface LinearKernels {

    /**
     * {@code c = op(a) op(b) + beta c}, where {@code op} transposes when its flag is set. Zero-sized operands are allowed: an empty inner dim
     * leaves {@code beta c}.
     */
    void matmul(boolean transposeA, Tensor a, boolean transposeB, Tensor b, float beta, Tensor c);

    /**
     * A term of {@code x w^T}, that of some columns of the input: {@code y [rows, out] = x [rows, n] w[:, from : from + n]^T} with {@code w [out, in]}. No
     * columns at all leave zeros.
     */
    void linearPart(Tensor x, Tensor w, int from, Tensor y);

    /** {@code y[i, :] += bias}. */
    void addBias(Tensor y, Tensor bias);

    /** {@code dBias += sum over rows of dy}, rows in order. */
    void biasGradient(Tensor dy, Tensor dBias);

    /** {@code y = x w^T (+ bias)} with {@code w [out, in]} as Hugging Face stores it. */
    default void linear(Tensor x, Tensor w, @Nullable Tensor bias, Tensor y) {
        matmul(false, x, true, w, 0f, y);
        if (bias != null) {
            addBias(y, bias);
        }
    }

    /** Gradient of {@link #linear}: {@code dx = beta dx + dy w}; {@code dw += dy^T x}; {@code dBias += sum dy}. Null outputs are not computed. */
    default void linearBackward(
            Tensor x,
            Tensor w,
            Tensor dy,
            float betaDx,
            @Nullable Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor dBias) {
        if (dx != null) {
            matmul(false, dy, false, w, betaDx, dx);
        }
        if (dw != null) {
            matmul(true, dy, false, x, 1f, dw);
        }
        if (dBias != null) {
            biasGradient(dy, dBias);
        }
    }
}
