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

    /** What a block keeps of its forward pass. */
    enum Keep {
        /** Nothing: no backward pass follows, and the input is overwritten. */
        NOTHING,
        /** The input, from which the backward pass computes everything again. */
        INPUT,
        EVERYTHING
    }

    /** What a block keeps for its backward pass. */
    sealed interface Kept {}

    /** Everything. */
    record Tape(
            LayerNormLayer.Tape norm1,
            Tensor q,
            Tensor k,
            Tensor v,
            Tensor attention,
            Tensor lse,
            LayerNormLayer.Tape norm2,
            Tensor wide,
            Tensor activated)
            implements Kept {}

    /** The input, [T, C]. */
    record Seed(Tensor x) implements Kept {}

    record Output(Tensor hidden, Kept kept) {}

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

    /** {@code x [T, C] -> hidden}, which is {@code x} itself when nothing is kept. */
    Output forward(Workspace ws, Tensor x, int patches, Keep keep) {
        TensorArena step = ws.step();
        boolean inPlace = keep == Keep.NOTHING;
        Tensor hidden = inPlace ? x : step.allocate(x.shape());
        long mark = step.mark();
        Tensor middle = inPlace ? x : step.allocate(x.shape());
        Tape tape = activations(ws, x, middle, patches);
        addBranch(ws, down, tape.activated(), middle, hidden);
        if (keep == Keep.INPUT) {
            step.rewind(mark);
            return new Output(hidden, new Seed(x));
        }
        return new Output(hidden, tape);
    }

    /**
     * All activations but the output, in the step arena.
     *
     * @param middle overwritten with what follows the attention branch; it may be {@code x}
     */
    private Tape activations(Workspace ws, Tensor x, Tensor middle, int patches) {
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
        addBranch(ws, outProjection, attention.reshape(rows, c), x, middle);
        LayerNormLayer.Tape n2 = norm2.forward(ws, middle);
        Tensor wide = step.allocate(rows, config.intermediateSize());
        Tensor activated = step.allocate(rows, config.intermediateSize());
        up.forward(ws, n2.y(), wide);
        ws.kernels().elementwise().geluTanh(wide, activated);
        return new Tape(n1, q, k, v, attention, lse, n2, wide, activated);
    }

    /** {@code sum = residual + projection(input)}; it may be {@code residual}. */
    private static void addBranch(Workspace ws, LinearLayer projection, Tensor input, Tensor residual, Tensor sum) {
        long mark = ws.scratch().mark();
        Tensor branch = ws.scratch().allocate(residual.shape());
        projection.forward(ws, input, branch);
        ws.kernels().elementwise().add(residual, branch, sum);
        ws.scratch().rewind(mark);
    }

    /** Turns the gradient of the block's output into that of its input, in place, and accumulates its parameters' gradients. */
    void backward(Workspace ws, Kept kept, Tensor dHidden, int patches) {
        long mark = ws.step().mark();
        Tape tape = switch (kept) {
            case Tape all -> all;
            case Seed seed -> activations(ws, seed.x(), ws.step().allocate(dHidden.shape()), patches);
        };
        backward(ws, tape, dHidden, patches);
        ws.step().rewind(mark);
    }

    private void backward(Workspace ws, Tape tape, Tensor dHidden, int patches) {
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
