package io.longreel.model.decoder;

import io.longreel.model.ModelConfig;
import io.longreel.model.attention.TokenAttention;
import io.longreel.model.shard.Span;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.RmsNormLayer;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.List;

/**
 * One Qwen2 layer over one new token each of some sequences, which all ranks have. Heads are cut over the ranks of a Ulysses group, as the cache has them. Legend: B sequences, D width, N and K heads, H head dim, I intermediate width.
 */
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

    /**
     * Who shares what of a layer.
     *
     * @param queries own heads' queries, keys and values, among the ring ranks, which all have these heads
     * @param output what own heads found: among all ranks
     * @param mlp among all ranks
     * @param queryHeads own ones
     * @param kvHeads own ones
     * @param outputColumns those of what own heads found that this rank multiplies by, counted from the first of own heads; all of them where nothing is shared
     */
    record Shares(
            ColumnSplit queries,
            ColumnSplit output,
            ColumnSplit mlp,
            Span queryHeads,
            Span kvHeads,
            Span outputColumns) {}

    /** {@code x [B, D]}, in place. */
    void step(Workspace ws, Tensor x, TokenAttention attention, DecoderLayer.Rotary rotary, Shares shares) {
        long mark = ws.step().mark();
        attend(ws, x, attention, rotary, shares);
        widen(ws, x, shares.mlp());
        ws.step().rewind(mark);
    }

    private void attend(Workspace ws, Tensor x, TokenAttention attention, DecoderLayer.Rotary rotary, Shares shares) {
        int rows = x.rows();
        Span qColumns = columns(shares.queryHeads());
        Span kvColumns = columns(shares.kvHeads());
        Tensor normed = norm1.forward(ws, x).y();
        Tensor q = ws.step().allocate(rows, qColumns.size());
        Tensor k = ws.step().allocate(rows, kvColumns.size());
        Tensor v = ws.step().allocate(rows, kvColumns.size());
        shares.queries()
                .forward(
                        ws,
                        normed,
                        List.of(
                                new ColumnSplit.Layer(unit + "self_attn.q_proj", qColumns),
                                new ColumnSplit.Layer(unit + "self_attn.k_proj", kvColumns),
                                new ColumnSplit.Layer(unit + "self_attn.v_proj", kvColumns)),
                        List.of(q, k, v));
        rotate(ws, q, rotary, shares.queryHeads().size());
        rotate(ws, k, rotary, shares.kvHeads().size());
        Tensor attended = ws.step().allocate(rows, qColumns.size());
        attention.attend(q, k, v, attended);
        Span own = shares.outputColumns();
        Tensor part = attended;
        if (own.size() < attended.columns()) {
            part = ws.step().allocate(rows, own.size());
            ws.kernels().rows().gatherColumns(attended, own.from(), part);
        }
        Tensor branch = ws.step().allocate(x.shape());
        shares.output().sum(ws, part, qColumns.from() + own.from(), unit + "self_attn.o_proj", branch);
        ws.kernels().elementwise().addTo(branch, x);
    }

    private Span columns(Span heads) {
        return new Span(heads.from() * config.headDim(), heads.to() * config.headDim());
    }

    private void widen(Workspace ws, Tensor x, ColumnSplit split) {
        Tensor normed = norm2.forward(ws, x).y();
        int all = config.intermediateSize();
        Tensor gate = ws.step().allocate(x.rows(), split.ownColumns(all).size());
        Tensor up = ws.step().allocate(gate.shape());
        Tensor activated = ws.step().allocate(gate.shape());
        split.multiplyOwn(ws, normed, unit + "mlp.gate_proj", all, gate);
        split.multiplyOwn(ws, normed, unit + "mlp.up_proj", all, up);
        ws.kernels().elementwise().siluMul(gate, up, activated);
        Tensor branch = ws.step().allocate(x.shape());
        split.sum(ws, activated, split.ownColumns(all).from(), unit + "mlp.down_proj", branch);
        ws.kernels().elementwise().addTo(branch, x);
    }

    private void rotate(Workspace ws, Tensor x, DecoderLayer.Rotary rotary, int heads) {
        ws.kernels()
                .elementwise()
                .rope(x.reshape(x.rows(), heads, config.headDim()), rotary.cos(), rotary.sin(), false);
    }
}
