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

/**
 * One Qwen2 layer over a token shard: {@code x += o(Attn(rope q, rope k, v)); x += down(silu(gate) * up)}, each branch after an RMSNorm. Legend: T own
 * tokens, D width, N and K heads, H head dim.
 */
final class DecoderLayer {
    private final ModelConfig.Llm config;
    private final RmsNormLayer norm1;
    private final RmsNormLayer norm2;
    private final LinearLayer queryProjection;
    private final LinearLayer keyProjection;
    private final LinearLayer valueProjection;
    private final LinearLayer outProjection;
    private final LinearLayer gate;
    private final LinearLayer up;
    private final LinearLayer down;

    record Tape(
            RmsNormLayer.Tape norm1,
            SequenceAttention.Tape attention,
            Tensor attended,
            RmsNormLayer.Tape norm2,
            Tensor gate,
            Tensor up,
            Tensor activated) {}

    record Output(Tensor hidden, Tape tape) {}

    /** Rotary rows of own tokens, [T, H / 2] each. */
    record Rotary(Tensor cos, Tensor sin) {}

    DecoderLayer(ModelConfig.Llm config, Weights weights, int layer) {
        this.config = config;
        String prefix = ParameterSpec.decoderLayer(layer);
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

    /**
     * {@code x [T, D] -> hidden}. When {@code queryRows} is given, only those rows go on: queries, residual and MLP are computed for them alone, keys and
     * values for all (the last layer of an evaluation).
     *
     * @param inPlace true when no backward pass follows: {@code x} is overwritten
     */
    Output forward(
            Workspace ws,
            Tensor x,
            SequenceAttention attention,
            Rotary keys,
            Rotary queries,
            int[] queryRows,
            boolean inPlace) {
        TensorArena step = ws.step();
        boolean all = queryRows.length == x.rows();
        int rows = queryRows.length;
        int d = config.hiddenSize();
        RmsNormLayer.Tape n1 = norm1.forward(ws, x);
        Tensor k = step.allocate(x.rows(), config.kvHeads() * config.headDim());
        Tensor v = step.allocate(x.rows(), config.kvHeads() * config.headDim());
        Tensor q = step.allocate(rows, d);
        keyProjection.forward(ws, n1.y(), k);
        valueProjection.forward(ws, n1.y(), v);
        queryProjection.forward(ws, all ? n1.y() : selected(ws, n1.y(), queryRows), q);
        rotate(ws, q, queries, config.heads(), false);
        rotate(ws, k, keys, config.kvHeads(), false);
        Tensor attended = step.allocate(rows, d);
        SequenceAttention.Tape tape = attention.forward(q, k, v, attended);
        Tensor branch = step.allocate(rows, d);
        outProjection.forward(ws, attended, branch);
        Tensor residual = all ? x : selected(ws, x, queryRows);
        Tensor middle = inPlace ? residual : step.allocate(rows, d);
        ws.kernels().elementwise().add(residual, branch, middle);
        RmsNormLayer.Tape n2 = norm2.forward(ws, middle);
        Tensor gated = step.allocate(rows, config.intermediateSize());
        Tensor wide = step.allocate(rows, config.intermediateSize());
        Tensor activated = step.allocate(rows, config.intermediateSize());
        gate.forward(ws, n2.y(), gated);
        up.forward(ws, n2.y(), wide);
        ws.kernels().elementwise().siluMul(gated, wide, activated);
        down.forward(ws, activated, branch);
        Tensor hidden = inPlace ? middle : branch;
        ws.kernels().elementwise().add(middle, branch, hidden);
        return new Output(hidden, new Tape(n1, tape, attended, n2, gated, wide, activated));
    }

    /** Turns the gradient of the output into that of the input, in place, and accumulates the gradients of what trains. */
    void backward(Workspace ws, Tape tape, Tensor dHidden, SequenceAttention attention, Rotary rotary) {
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
