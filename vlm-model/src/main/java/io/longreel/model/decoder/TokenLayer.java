package io.longreel.model.decoder;

import io.longreel.model.ModelConfig;
import io.longreel.model.attention.TokenAttention;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.RmsNormLayer;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.List;

/** One Qwen2 layer over one new token each of some sequences, which all ranks have. Legend: B sequences, D width, N and K heads, H head dim, I intermediate width. */
final class TokenLayer {
    private final ModelConfig.Llm config;
    private final String unit;
    private final RmsNormLayer norm1;
    private final RmsNormLayer norm2;

    TokenLayer(ModelConfig.Llm config, Weights weights, int layer) {
        this.config = config;
        this.unit = ParameterSpec.decoderLayer(layer);
        this.norm1 = new RmsNormLayer(weights, unit + "input_layernorm.weight", config.rmsNormEps());
        this.norm2 = new RmsNormLayer(weights, unit + "post_attention_layernorm.weight", config.rmsNormEps());
    }

    String unit() {
        return unit;
    }

    /** {@code x [B, D]}, in place. */
    void step(Workspace ws, Tensor x, TokenAttention attention, DecoderLayer.Rotary rotary, ColumnSplit split) {
        long mark = ws.step().mark();
        attend(ws, x, attention, rotary, split);
        widen(ws, x, split);
        ws.step().rewind(mark);
    }

    private void attend(
            Workspace ws, Tensor x, TokenAttention attention, DecoderLayer.Rotary rotary, ColumnSplit split) {
        int rows = x.rows();
        int kv = config.kvHeads() * config.headDim();
        Tensor normed = norm1.forward(ws, x).y();
        Tensor q = ws.step().allocate(rows, config.hiddenSize());
        Tensor k = ws.step().allocate(rows, kv);
        Tensor v = ws.step().allocate(rows, kv);
        split.forward(
                ws,
                normed,
                List.of(unit + "self_attn.q_proj", unit + "self_attn.k_proj", unit + "self_attn.v_proj"),
                List.of(q, k, v));
        rotate(ws, q, rotary, config.heads());
        rotate(ws, k, rotary, config.kvHeads());
        Tensor attended = ws.step().allocate(rows, config.hiddenSize());
        attention.attend(q, k, v, attended);
        add(ws, x, attended, unit + "self_attn.o_proj", split);
    }

    private void widen(Workspace ws, Tensor x, ColumnSplit split) {
        Tensor normed = norm2.forward(ws, x).y();
        Tensor activated = ws.step().allocate(x.rows(), config.intermediateSize());
        String gateName = unit + "mlp.gate_proj";
        String upName = unit + "mlp.up_proj";
        if (split.splits()) {
            long mark = ws.scratch().mark();
            ColumnSplit.Parts own = split.ownParts(ws, x.rows(), config.intermediateSize());
            Tensor part = own.parts().getFirst();
            Tensor gate = ws.scratch().allocate(part.shape());
            Tensor up = ws.scratch().allocate(part.shape());
            split.multiplyOwn(ws, normed, gateName, config.intermediateSize(), gate);
            split.multiplyOwn(ws, normed, upName, config.intermediateSize(), up);
            ws.kernels().elementwise().siluMul(gate, up, part);
            split.gather(ws, own, List.of(activated));
            ws.scratch().rewind(mark);
        } else {
            Tensor gate = ws.step().allocate(activated.shape());
            Tensor up = ws.step().allocate(activated.shape());
            split.forward(ws, normed, List.of(gateName, upName), List.of(gate, up));
            ws.kernels().elementwise().siluMul(gate, up, activated);
        }
        add(ws, x, activated, unit + "mlp.down_proj", split);
    }

    /** {@code x += y W^T}. */
    private static void add(Workspace ws, Tensor x, Tensor y, String name, ColumnSplit split) {
        Tensor branch = ws.step().allocate(x.shape());
        split.forward(ws, y, List.of(name), List.of(branch));
        ws.kernels().elementwise().addTo(branch, x);
    }

    private void rotate(Workspace ws, Tensor x, DecoderLayer.Rotary rotary, int heads) {
        ws.kernels()
                .elementwise()
                .rope(x.reshape(x.rows(), heads, config.headDim()), rotary.cos(), rotary.sin(), false);
    }
}
