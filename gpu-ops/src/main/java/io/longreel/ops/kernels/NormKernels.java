package io.longreel.ops.kernels;

import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations over the columns of each row. Statistics ([rows]) are kept for the backward pass. Parameter gradients accumulate. */
public interface NormKernels {

    /** {@code y = (x - mean) * rstd * gamma + beta}, {@code rstd = 1 / sqrt(var + eps)}, biased variance. */
    void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor y, Tensor mean, Tensor rstd);

    /** {@code dx} is overwritten; {@code dGamma}, {@code dBeta} accumulate (both null when frozen). {@code dx} may be {@code dy}. */
    void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gamma,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dGamma,
            @Nullable Tensor dBeta);

    /** {@code y = x * rstd * gamma}, {@code rstd = 1 / sqrt(mean(x^2) + eps)}. */
    void rmsNorm(Tensor x, Tensor gamma, float eps, Tensor y, Tensor rstd);

    /** {@code dx} is overwritten; {@code dGamma} accumulates (null when frozen). {@code dx} may be {@code dy}. */
    void rmsNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, @Nullable Tensor dGamma);
}
