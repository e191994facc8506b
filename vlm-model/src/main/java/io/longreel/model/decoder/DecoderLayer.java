package io.longreel.model.decoder;

import io.longreel.model.ModelConfig;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.state.LinearLayer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.RmsNormLayer;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One Qwen2 layer over a token shard: {@code x += o(Attn(rope q, rope k, v)); x += down(silu(gate) * up)}, each branch after an RMSNorm. Legend: T own
 * tokens, D width, N and K heads, H head dim.
 */
final class DecoderLayer {
    private final ModelConfig.Llm config;
    private final String unit;
    private final RmsNormLayer norm1;
    private final RmsNormLayer norm2;
    private final LinearLayer queryProjection;
    private final LinearLayer keyProjection;
    private final LinearLayer valueProjection;
    private final LinearLayer outProjection;
    private final LinearLayer gate;
    private final LinearLayer up;
    private final LinearLayer down;

    /** What a layer keeps for its backward pass. */
    sealed interface Kept {}

    /** Everything. */
    record Tape(
            RmsNormLayer.Tape norm1,
            SequenceAttention.Tape attention,
            Tensor attended,
            RmsNormLayer.Tape norm2,
            Tensor gate,
            Tensor up,
            Tensor activated)
            implements Kept {}

    /**
     * What everything is computed again from.
     *
     * @param x input of the layer, [T, D]
     * @param attention null when attention runs again too
     */
    record Seed(Tensor x, @Nullable Attended attention) implements Kept {}

    /** Output of attention for own query rows, [T, D], before its projection. */
    record Attended(SequenceAttention.Tape tape, Tensor rows) {}

    record Output(Tensor hidden, Kept kept) {}

    /** Rotary rows of own tokens, [T, H / 2] each. */
    record Rotary(Tensor cos, Tensor sin) {
        /** The rows of some positions, in the step arena. */
        static Rotary of(Workspace ws, RotaryTable table, int[] positions) {
            int pairs = table.cos().columns();
            Rotary rotary = new Rotary(
                    ws.step().allocate(positions.length, pairs), ws.step().allocate(positions.length, pairs));
            ws.kernels().rows().gather(table.cos(), positions, rotary.cos());
            ws.kernels().rows().gather(table.sin(), positions, rotary.sin());
            return rotary;
        }
    }

    /** The MLP between its norm and its last projection. */
    private record Mlp(RmsNormLayer.Tape norm2, Tensor gate, Tensor up, Tensor activated) {}

    DecoderLayer(ModelConfig.Llm config, Weights weights, int layer) {
        this.config = config;
        String prefix = ParameterSpec.decoderLayer(layer);
        unit = prefix;
        norm1 = new RmsNormLayer(weights, prefix + "input_layernorm.weight", config.rmsNormEps());
        norm2 = new RmsNormLayer(weights, prefix + "post_attention_layernorm.weight", config.rmsNormEps());
        queryProjection = new LinearLayer(weights, prefix + "self_attn.q_proj");
        keyProjection = new LinearLayer(weights, prefix + "self_attn.k_proj");
        valueProjection = new LinearLayer(weights, prefix + "self_attn.v_proj");
        outProjection = new LinearLayer(weights, prefix + "self_attn.o_proj");
        gate = new LinearLayer(weights, prefix + "mlp.gate_proj");
        up = new LinearLayer(weights, prefix + "mlp.up_proj");
        down = new LinearLayer(weights, prefix + "mlp.down_proj");
    }

    /** The unit that the layer's parameters are. */
    String unit() {
        return unit;
    }

    /** {@code x [T, D] -> hidden}, with everything kept for {@link #backward}. */
    Output forward(Workspace ws, Tensor x, SequenceAttention attention, Rotary rotary) {
        Tensor hidden = ws.step().allocate(x.rows(), x.columns());
        RmsNormLayer.Tape n1 = norm1.forward(ws, x);
        Attended attended = attend(ws, n1.y(), n1.y(), attention, rotary, rotary);
        Tensor middle = ws.step().allocate(x.rows(), x.columns());
        addAttention(ws, attended, x, middle);
        Mlp mlp = widen(ws, middle);
        addMlp(ws, mlp, middle, hidden);
        return new Output(hidden, tape(n1, attended, mlp));
    }

    /**
     * As {@link #forward}, but {@link #backward} computes again what is not kept.
     *
     * @param keepAttention attention does not run again: its queries, keys, values and output are kept
     */
    Output forwardForgetting(
            Workspace ws, Tensor x, SequenceAttention attention, Rotary rotary, boolean keepAttention) {
        TensorArena step = ws.step();
        Tensor hidden = step.allocate(x.rows(), x.columns());
        long mark = step.mark();
        Attended attended = attendBriefly(ws, x, attention, rotary);
        if (keepAttention) {
            mark = step.mark();
        }
        Tensor middle = step.allocate(x.rows(), x.columns());
        addAttention(ws, attended, x, middle);
        addMlp(ws, widen(ws, middle), middle, hidden);
        step.rewind(mark);
        return new Output(hidden, new Seed(x, keepAttention ? attended : null));
    }

    /**
     * The layer without a backward pass, for some rows of its output: queries, residual and MLP are computed for {@code rows} alone, keys and values for
     * all. Overwrites {@code x} where the rows are all of them.
     *
     * @return {@code x}, or the rows in the step arena
     */
    Tensor infer(Workspace ws, Tensor x, SequenceAttention attention, Rotary keys, Rotary queries, int[] rows) {
        boolean all = rows.length == x.rows();
        RmsNormLayer.Tape n1 = norm1.forward(ws, x);
        Tensor selected = all ? n1.y() : selected(ws, n1.y(), rows);
        Attended attended = attend(ws, n1.y(), selected, attention, keys, queries);
        Tensor hidden = all ? x : selected(ws, x, rows);
        addAttention(ws, attended, hidden, hidden);
        addMlp(ws, widen(ws, hidden), hidden, hidden);
        return hidden;
    }

    private Tape tape(RmsNormLayer.Tape n1, Attended attended, Mlp mlp) {
        return new Tape(n1, attended.tape(), attended.rows(), mlp.norm2(), mlp.gate(), mlp.up(), mlp.activated());
    }

    /** {@link #attend} with the normalised rows gone afterwards. */
    private Attended attendBriefly(Workspace ws, Tensor x, SequenceAttention attention, Rotary rotary) {
        long mark = ws.scratch().mark();
        Tensor normed = norm1.forward(ws.inScratch(), x).y();
        Attended attended = attend(ws, normed, normed, attention, rotary, rotary);
        ws.scratch().rewind(mark);
        return attended;
    }

    /** {@code normed [T, D], query rows of it -> attended}; own keys and values are gone afterwards. */
    private Attended attend(
            Workspace ws, Tensor normed, Tensor normedQ, SequenceAttention attention, Rotary keys, Rotary queries) {
        TensorArena step = ws.step();
        Tensor attended = step.allocate(normedQ.rows(), config.hiddenSize());
        Tensor qOwn = attention.keepsQueries() ? step.allocate(attended.shape()) : null;
        long mark = ws.scratch().mark();
        Tensor q = qOwn != null ? qOwn : ws.scratch().allocate(attended.shape());
        Tensor k = ws.scratch().allocate(normed.rows(), config.kvHeads() * config.headDim());
        Tensor v = ws.scratch().allocate(normed.rows(), config.kvHeads() * config.headDim());
        keyProjection.forward(ws, normed, k);
        valueProjection.forward(ws, normed, v);
        queryProjection.forward(ws, normedQ, q);
        rotate(ws, q, queries, config.heads(), false);
        rotate(ws, k, keys, config.kvHeads(), false);
        SequenceAttention.Tape tape = attention.forward(q, k, v, attended);
        ws.scratch().rewind(mark);
        return new Attended(tape, attended);
    }

    /** {@code middle = residual + o(attended)}; it may be {@code residual}. */
    private void addAttention(Workspace ws, Attended attended, Tensor residual, Tensor middle) {
        long mark = ws.scratch().mark();
        Tensor branch = ws.scratch().allocate(residual.shape());
        outProjection.forward(ws, attended.rows(), branch);
        ws.kernels().elementwise().add(residual, branch, middle);
        ws.scratch().rewind(mark);
    }

    /** {@code middle [T, D] -> silu(gate) * up, [T, I]}, all in the step arena. */
    private Mlp widen(Workspace ws, Tensor middle) {
        int wide = config.intermediateSize();
        RmsNormLayer.Tape n2 = norm2.forward(ws, middle);
        Mlp mlp = new Mlp(
                n2,
                ws.step().allocate(middle.rows(), wide),
                ws.step().allocate(middle.rows(), wide),
                ws.step().allocate(middle.rows(), wide));
        gate.forward(ws, n2.y(), mlp.gate());
        up.forward(ws, n2.y(), mlp.up());
        ws.kernels().elementwise().siluMul(mlp.gate(), mlp.up(), mlp.activated());
        return mlp;
    }

    /** {@code hidden = middle + down(..)}; it may be {@code middle}. */
    private void addMlp(Workspace ws, Mlp mlp, Tensor middle, Tensor hidden) {
        long mark = ws.scratch().mark();
        Tensor branch = ws.scratch().allocate(middle.shape());
        down.forward(ws, mlp.activated(), branch);
        ws.kernels().elementwise().add(middle, branch, hidden);
        ws.scratch().rewind(mark);
    }

    /** Turns the gradient of the output into that of the input, in place, and accumulates the gradients of what trains. */
    void backward(Workspace ws, Kept kept, Tensor dHidden, SequenceAttention attention, Rotary rotary) {
        long mark = ws.step().mark();
        switch (kept) {
            case Tape tape -> backward(ws, tape, dHidden, attention, rotary);
            case Seed seed -> backward(ws, again(ws, seed, attention, rotary), dHidden, attention, rotary);
        }
        ws.step().rewind(mark);
    }

    /** The tape, by the operations of {@link #forward} in the same order, so that it has the same bits. */
    private Tape again(Workspace ws, Seed seed, SequenceAttention attention, Rotary rotary) {
        Tensor x = seed.x();
        RmsNormLayer.Tape n1 = norm1.forward(ws, x);
        Attended kept = seed.attention();
        Attended attended = kept != null ? kept : attend(ws, n1.y(), n1.y(), attention, rotary, rotary);
        Tensor middle = ws.step().allocate(x.rows(), x.columns());
        addAttention(ws, attended, x, middle);
        return tape(n1, attended, widen(ws, middle));
    }

    private void backward(Workspace ws, Tape tape, Tensor dHidden, SequenceAttention attention, Rotary rotary) {
        long mark = ws.scratch().mark();
        int rows = dHidden.rows();
        int wide = config.intermediateSize();
        Tensor dBranch = ws.scratch().allocate(rows, config.hiddenSize());
        long inner = ws.scratch().mark();
        Tensor dActivated = ws.scratch().allocate(rows, wide);
        Tensor dGate = ws.scratch().allocate(rows, wide);
        down.backward(ws, tape.activated(), dHidden, 0f, dActivated);
        Tensor dUp = ws.scratch().allocate(rows, wide);
        ws.kernels().elementwise().siluMulBackward(tape.gate(), tape.up(), dActivated, dGate, dUp);
        gate.backward(ws, tape.norm2().y(), dGate, 0f, dBranch);
        up.backward(ws, tape.norm2().y(), dUp, 1f, dBranch);
        ws.scratch().rewind(inner);
        norm2.backward(ws, tape.norm2(), dBranch, dBranch);
        ws.kernels().elementwise().addTo(dBranch, dHidden);
        attentionBackward(ws, tape, dHidden, attention, rotary, dBranch);
        norm1.backward(ws, tape.norm1(), dBranch, dBranch);
        ws.kernels().elementwise().addTo(dBranch, dHidden);
        ws.scratch().rewind(mark);
    }

    private void attentionBackward(
            Workspace ws, Tape tape, Tensor dHidden, SequenceAttention attention, Rotary rotary, Tensor dNormed) {
        int rows = dHidden.rows();
        int kv = config.kvHeads() * config.headDim();
        Tensor dAttended = ws.scratch().allocate(rows, config.hiddenSize());
        Tensor dq = ws.scratch().allocate(rows, config.hiddenSize());
        Tensor dk = ws.scratch().allocate(rows, kv);
        Tensor dv = ws.scratch().allocate(rows, kv);
        outProjection.backward(ws, tape.attended(), dHidden, 0f, dAttended);
        attention.backward(tape.attention(), dAttended, dq, dk, dv);
        rotate(ws, dq, rotary, config.heads(), true);
        rotate(ws, dk, rotary, config.kvHeads(), true);
        queryProjection.backward(ws, tape.norm1().y(), dq, 0f, dNormed);
        keyProjection.backward(ws, tape.norm1().y(), dk, 1f, dNormed);
        valueProjection.backward(ws, tape.norm1().y(), dv, 1f, dNormed);
    }

    private void rotate(Workspace ws, Tensor x, Rotary rotary, int heads, boolean inverse) {
        ws.kernels()
                .elementwise()
                .rope(x.reshape(x.rows(), heads, config.headDim()), rotary.cos(), rotary.sin(), inverse);
    }

    private static Tensor selected(Workspace ws, Tensor x, int[] rows) {
        Tensor target = ws.step().allocate(rows.length, x.columns());
        ws.kernels().rows().gather(x, rows, target);
        return target;
    }
}
