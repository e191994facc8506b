package io.longreel.model.vision;

import io.longreel.model.ModelConfig;
import io.longreel.model.state.LayerNormLayer;
import io.longreel.model.state.LinearLayer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;

/** One SigLIP block: {@code x += Attn(LN1 x); x += MLP(LN2 x)} with GELU-tanh. Legend: T rows = frames * patches, N heads, H head dim, C = N H. */
final class VisionBlock {
    private final ModelConfig.Vision config;
    private final String unit;
    private final LayerNormLayer norm1;
    private final LayerNormLayer norm2;
    private final LinearLayer queryProjection;
    private final LinearLayer keyProjection;
    private final LinearLayer valueProjection;
    private final LinearLayer outProjection;
    private final LinearLayer up;
    private final LinearLayer down;
    private final int[] kvHead;

    record Tape(
            LayerNormLayer.Tape norm1,
            Tensor q,
            Tensor k,
            Tensor v,
            Tensor attention,
            Tensor lse,
            LayerNormLayer.Tape norm2,
            Tensor wide,
            Tensor activated) {}

    record Output(Tensor hidden, Tape tape) {}

    VisionBlock(ModelConfig.Vision config, Weights weights, int layer) {
        this.config = config;
        String prefix = ParameterSpec.visionLayer(layer);
        unit = prefix;
        norm1 = new LayerNormLayer(weights, prefix + "layer_norm1", config.layerNormEps());
        norm2 = new LayerNormLayer(weights, prefix + "layer_norm2", config.layerNormEps());
        queryProjection = new LinearLayer(weights, prefix + "self_attn.q_proj");
        keyProjection = new LinearLayer(weights, prefix + "self_attn.k_proj");
        valueProjection = new LinearLayer(weights, prefix + "self_attn.v_proj");
        outProjection = new LinearLayer(weights, prefix + "self_attn.out_proj");
        up = new LinearLayer(weights, prefix + "mlp.fc1");
        down = new LinearLayer(weights, prefix + "mlp.fc2");
        kvHead = new int[config.heads()];
        for (int i = 0; i < kvHead.length; i++) {
            kvHead[i] = i;
        }
    }

    /** The unit that the block's parameters are. */
    String unit() {
        return unit;
    }

    /** New hidden state; without a tape it replaces {@code x} in place. */
    Output forward(Workspace ws, Tensor x, int patches, boolean keepTape) {
        TensorArena step = ws.step();
        int rows = x.rows();
        int c = config.hiddenSize();
        int[] heads = {rows, config.heads(), config.headDim()};
        LayerNormLayer.Tape n1 = norm1.forward(ws, x);
        Tensor q = step.allocate(rows, c);
        Tensor k = step.allocate(rows, c);
        Tensor v = step.allocate(rows, c);
        queryProjection.forward(ws, n1.y(), q);
        keyProjection.forward(ws, n1.y(), k);
        valueProjection.forward(ws, n1.y(), v);
        Tensor attention = step.allocate(heads);
        Tensor lse = step.allocate(rows, config.heads());
        ws.kernels().elementwise().zero(attention);
        ws.kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
        ws.kernels()
                .attention()
                .forward(
                        q.reshape(heads),
                        k.reshape(heads),
                        v.reshape(heads),
                        framesApart(rows, patches),
                        kvHead,
                        scale(),
                        attention,
                        lse,
                        ws.scratch());
        Tensor branch = step.allocate(rows, c);
        outProjection.forward(ws, attention.reshape(rows, c), branch);
        Tensor middle = keepTape ? step.allocate(rows, c) : x;
        ws.kernels().elementwise().add(x, branch, middle);
        LayerNormLayer.Tape n2 = norm2.forward(ws, middle);
        Tensor wide = step.allocate(rows, config.intermediateSize());
        Tensor activated = step.allocate(rows, config.intermediateSize());
        up.forward(ws, n2.y(), wide);
        ws.kernels().elementwise().geluTanh(wide, activated);
        down.forward(ws, activated, branch);
        Tensor hidden = keepTape ? branch : middle;
        ws.kernels().elementwise().add(middle, branch, hidden);
        return new Output(hidden, new Tape(n1, q, k, v, attention, lse, n2, wide, activated));
    }

    /** Turns the gradient of the block's output into that of its input, in place, and accumulates its parameters' gradients. */
    void backward(Workspace ws, Tape tape, Tensor dHidden, int patches) {
        long mark = ws.scratch().mark();
        int rows = dHidden.rows();
        int c = config.hiddenSize();
        Tensor dBranch = ws.scratch().allocate(rows, c);
        Tensor dWide = ws.scratch().allocate(rows, config.intermediateSize());
        down.backward(ws, tape.activated(), dHidden, 0f, dWide);
        ws.kernels().elementwise().geluTanhBackward(tape.wide(), dWide, dWide);
        up.backward(ws, tape.norm2().y(), dWide, 0f, dBranch);
        norm2.backward(ws, tape.norm2(), dBranch, dBranch);
        ws.kernels().elementwise().addTo(dBranch, dHidden);
        attentionBackward(ws, tape, dHidden, patches, dBranch);
        norm1.backward(ws, tape.norm1(), dBranch, dBranch);
        ws.kernels().elementwise().addTo(dBranch, dHidden);
        ws.scratch().rewind(mark);
    }

    /** Gradient of the attention branch with respect to its normalised input, into {@code dNormed}. */
    private void attentionBackward(Workspace ws, Tape tape, Tensor dHidden, int patches, Tensor dNormed) {
        int rows = dHidden.rows();
        int c = config.hiddenSize();
        int[] heads = {rows, config.heads(), config.headDim()};
        Tensor dAttention = ws.scratch().allocate(rows, c);
        outProjection.backward(ws, tape.attention().reshape(rows, c), dHidden, 0f, dAttention);
        Tensor delta = ws.scratch().allocate(rows, config.heads());
        ws.kernels().attention().delta(tape.attention(), dAttention.reshape(heads), delta);
        Tensor[] gradients = new Tensor[3];
        for (int i = 0; i < gradients.length; i++) {
            gradients[i] = ws.scratch().allocate(rows, c);
            ws.kernels().elementwise().zero(gradients[i]);
        }
        ws.kernels()
                .attention()
                .backward(
                        tape.q().reshape(heads),
                        tape.k().reshape(heads),
                        tape.v().reshape(heads),
                        framesApart(rows, patches),
                        kvHead,
                        scale(),
                        dAttention.reshape(heads),
                        tape.lse(),
                        delta,
                        gradients[0].reshape(heads),
                        gradients[1].reshape(heads),
                        gradients[2].reshape(heads),
                        ws.scratch());
        queryProjection.backward(ws, tape.norm1().y(), gradients[0], 0f, dNormed);
        keyProjection.backward(ws, tape.norm1().y(), gradients[1], 1f, dNormed);
        valueProjection.backward(ws, tape.norm1().y(), gradients[2], 1f, dNormed);
    }

    private float scale() {
        return (float) (1.0 / Math.sqrt(config.headDim()));
    }

    private static KeyRanges framesApart(int rows, int patches) {
        int[] from = new int[rows];
        int[] to = new int[rows];
        for (int row = 0; row < rows; row++) {
            from[row] = row / patches * patches;
            to[row] = from[row] + patches;
        }
        return new KeyRanges(from, to);
    }
}
