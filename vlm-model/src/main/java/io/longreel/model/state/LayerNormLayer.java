package io.longreel.model.state;

import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A LayerNorm by name. */
public final class LayerNormLayer {
    private final Weights weights;
    private final String name;
    private final float epsilon;

    /** Normalised rows and the statistics that the backward pass needs. */
    public record Tape(Tensor x, Tensor y, Tensor mean, Tensor rstd) {}

    public LayerNormLayer(Weights weights, String name, float epsilon) {
        this.weights = weights;
        this.name = name;
        this.epsilon = epsilon;
    }

    /** {@code x [T, C] -> tape.y [T, C]} in the step arena. */
    public Tape forward(Workspace ws, Tensor x) {
        Tape tape = new Tape(
                x,
                ws.step().allocate(x.rows(), x.columns()),
                ws.step().allocate(x.rows()),
                ws.step().allocate(x.rows()));
        ws.kernels()
                .norm()
                .layerNorm(
                        x,
                        weights.weight(name + ".weight"),
                        weights.weight(name + ".bias"),
                        epsilon,
                        tape.y(),
                        tape.mean(),
                        tape.rstd());
        return tape;
    }

    /** {@code dx} is overwritten and may be {@code dy}; null when nothing below trains (the parameters' gradients still accumulate). */
    public void backward(Workspace ws, Tape tape, Tensor dy, @Nullable Tensor dx) {
        long mark = ws.scratch().mark();
        Tensor target = dx != null ? dx : ws.scratch().allocate(dy.rows(), dy.columns());
        ws.kernels()
                .norm()
                .layerNormBackward(
                        dy,
                        tape.x(),
                        weights.weight(name + ".weight"),
                        tape.mean(),
                        tape.rstd(),
                        target,
                        weights.gradient(name + ".weight"),
                        weights.gradient(name + ".bias"));
        ws.scratch().rewind(mark);
    }
}
