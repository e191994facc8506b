package io.longreel.model.state;

import io.longreel.ops.tensor.Tensor;

/** An RMSNorm by the name of its weight. */
public final class RmsNormLayer {
    private final Weights weights;
    private final String weightName;
    private final float epsilon;

    /** Normalised rows and the statistic that the backward pass needs. */
    public record Tape(Tensor x, Tensor y, Tensor rstd) {}

    public RmsNormLayer(Weights weights, String weightName, float epsilon) {
        this.weights = weights;
        this.weightName = weightName;
        this.epsilon = epsilon;
    }

    /** {@code x [T, D] -> tape.y [T, D]} in the step arena. */
    public Tape forward(Workspace ws, Tensor x) {
        Tape tape =
                new Tape(x, ws.step().allocate(x.rows(), x.columns()), ws.step().allocate(x.rows()));
        ws.kernels().norm().rmsNorm(x, weights.weight(weightName), epsilon, tape.y(), tape.rstd());
        return tape;
    }

    /** {@code dx} is overwritten; it may be {@code dy}. */
    public void backward(Workspace ws, Tape tape, Tensor dy, Tensor dx) {
        ws.kernels()
                .norm()
                .rmsNormBackward(
                        dy, tape.x(), weights.weight(weightName), tape.rstd(), dx, weights.gradient(weightName));
    }
}
