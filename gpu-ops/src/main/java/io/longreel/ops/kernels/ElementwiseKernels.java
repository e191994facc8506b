package io.longreel.ops.kernels;

import io.longreel.ops.exact.ExactSum;
import io.longreel.ops.tensor.Tensor;

/** Activations, rotary embedding, sums and conversions. F32 where nothing else is said. Outputs may be the input tensor itself where shapes agree. */
public interface ElementwiseKernels {

    /** GELU, tanh form (SigLIP's {@code gelu_pytorch_tanh}). */
    void geluTanh(Tensor x, Tensor y);

    /** {@code dx = dy * gelu'(x)}. */
    void geluTanhBackward(Tensor x, Tensor dy, Tensor dx);

    /** GELU, exact erf form (the projector's). */
    void geluErf(Tensor x, Tensor y);

    void geluErfBackward(Tensor x, Tensor dy, Tensor dx);

    /** {@code y = silu(gate) * up} (SwiGLU). */
    void siluMul(Tensor gate, Tensor up, Tensor y);

    void siluMulBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp);

    /**
     * Rotary embedding in place, half-split convention of Hugging Face: dims {@code i} and {@code i + H/2} of each head are a pair.
     * {@code inverse} rotates back, which is also the gradient.
     *
     * @param x_TNH [tokens, heads, head dim]
     * @param cos_TH2 cosine per token and pair, [tokens, head dim / 2]
     * @param sin_TH2 sine, likewise
     */
    void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2, boolean inverse);

    /** Sets all elements to zero. */
    default void zero(Tensor x) {
        x.zero();
    }

    /** {@code target = source}; equal sizes, shapes may differ. */
    default void copy(Tensor source, Tensor target) {
        target.copyFrom(source);
    }

    /** Sets all elements to {@code value}. */
    default void fill(Tensor x, float value) {
        for (long i = 0; i < x.elements(); i++) {
            x.setFloat(i, value);
        }
    }

    /** {@code y += x}. Where exact sums are computed, {@code y} may be SUM128 and {@code x} F32 or SUM128. */
    void addTo(Tensor x, Tensor y);

    /** {@code out = a + b}. */
    void add(Tensor a, Tensor b, Tensor out);

    /** {@code x *= factor}. */
    void scale(Tensor x, float factor);

    /** {@code y += factor * x}. */
    void axpy(float factor, Tensor x, Tensor y);

    /**
     * {@code narrow = x} in bfloat16 (the upper 16 bits of an F32): round to nearest, ties to even, overflow to infinity, subnormals kept. NaN stays
     * NaN: made quiet, with the upper payload bits it had. Shapes may differ; the tensors must not overlap.
     *
     * @param x F32
     * @param narrow BF16, as many elements
     */
    void narrow(Tensor x, Tensor narrow);

    /**
     * {@code wide = x}, exact for every bit pattern. Shapes may differ; the tensors must not overlap.
     *
     * @param x BF16
     * @param wide F32, as many elements
     */
    void widen(Tensor x, Tensor wide);

    /** {@code target = sums}, SUM128 rounded to F32; for devices that compute exact sums. */
    default void round(Tensor sums, Tensor target) {
        throw new UnsupportedOperationException("this device computes no exact sums: sums=" + sums);
    }

    /** Adds the square of each element, which is exact in double. */
    default void addSquares(Tensor x, ExactSum sum) {
        Shapes.f32(x);
        for (long i = 0; i < x.elements(); i++) {
            double value = x.getFloat(i);
            sum.add(value * value);
        }
    }

    /** Sum of squares in double, in an order that depends on the number of elements only. NaN and infinity propagate. */
    double sumOfSquares(Tensor x);
}
