package io.longreel.model.projector;

import io.longreel.model.ModelConfig;
import io.longreel.model.state.LayerNormLayer;
import io.longreel.model.state.LinearLayer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * VILA's {@code mlp_downsample}: 2 x 2 neighbours joined on channels (an odd grid is padded with zeros), LayerNorm, linear, GELU (erf), linear
 * (specification 1.4, 2.2). Legend: F frames, P patches, C vision width, M = F * tokens per frame, D decoder width.
 */
public final class Projector {
    private final ModelConfig config;
    private final Weights weights;
    private final LayerNormLayer norm;
    private final LinearLayer in;
    private final LinearLayer out;

    /** What the backward pass needs. */
    public record Tape(LayerNormLayer.Tape norm, Tensor wide, Tensor activated) {}

    /** Projected rows, [M, D]. */
    public record Output(Tensor projected, Tape tape) {}

    public Projector(ModelConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.norm =
                new LayerNormLayer(weights, ParameterSpec.PROJECTOR + "layers.1", ModelConfig.PROJECTOR_NORM_EPSILON);
        this.in = new LinearLayer(weights, ParameterSpec.PROJECTOR + "layers.2");
        this.out = new LinearLayer(weights, ParameterSpec.PROJECTOR + "layers.4");
    }

    /** {@code hidden [F * P, C] -> projected [M, D]}; all tensors in the step arena. */
    public Output forward(Workspace ws, Tensor hidden) {
        weights.use(ParameterSpec.PROJECTOR);
        int frames = hidden.rows() / config.vision().patches();
        int rows = frames * config.tokensPerFrame();
        int d = config.llm().hiddenSize();
        Tensor projected = ws.step().allocate(rows, d);
        Tensor joined = ws.step().allocate(rows, 4 * config.vision().hiddenSize());
        ws.kernels().rows().downsample(hidden, config.vision().grid(), joined);
        LayerNormLayer.Tape normed = norm.forward(ws, joined);
        Tensor wide = ws.step().allocate(rows, d);
        Tensor activated = ws.step().allocate(rows, d);
        in.forward(ws, normed.y(), wide);
        ws.kernels().elementwise().geluErf(wide, activated);
        out.forward(ws, activated, projected);
        return new Output(projected, new Tape(normed, wide, activated));
    }

    /**
     * Accumulates the projector's gradients.
     *
     * @param dHidden overwritten with the gradient of the vision features; null when the tower is frozen
     */
    public void backward(Workspace ws, Tape tape, Tensor dProjected, @Nullable Tensor dHidden) {
        weights.use(ParameterSpec.PROJECTOR);
        weights.openGradients(ParameterSpec.PROJECTOR);
        long mark = ws.scratch().mark();
        Tensor dWide = ws.scratch().allocate(tape.wide().rows(), tape.wide().columns());
        out.backward(ws, tape.activated(), dProjected, 0f, dWide);
        ws.kernels().elementwise().geluErfBackward(tape.wide(), dWide, dWide);
        Tensor dJoined =
                ws.scratch().allocate(tape.norm().y().rows(), tape.norm().y().columns());
        in.backward(ws, tape.norm().y(), dWide, 0f, dJoined);
        norm.backward(ws, tape.norm(), dJoined, dJoined);
        if (dHidden != null) {
            ws.kernels().rows().downsampleBackward(dJoined, config.vision().grid(), dHidden);
        }
        ws.scratch().rewind(mark);
        weights.closeGradients(ParameterSpec.PROJECTOR);
    }
}
