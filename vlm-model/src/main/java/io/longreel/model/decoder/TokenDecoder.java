package io.longreel.model.decoder;

import io.longreel.model.ModelConfig;
import io.longreel.model.attention.TokenAttention;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.RmsNormLayer;
import io.longreel.model.state.Unit;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;

/**
 * The decoder for one new token each of some sequences, from ids to logits, on all ranks alike: what weighs little is computed by every rank, products with large weights
 * are shared ({@link ColumnSplit}). Legend: B sequences, D width, V vocabulary.
 */
public final class TokenDecoder {
    /** Elements of a layer's weights from which on reading them takes longer than five exchanges in a process. */
    private static final long SPLIT_ELEMENTS_MIN = 2_000_000;

    private final ModelConfig.Llm config;
    private final Weights weights;
    private final boolean splits;
    private final boolean splitsHead;
    private final List<TokenLayer> layers = new ArrayList<>();
    private final RmsNormLayer finalNorm;
    private final String headUnit;
    private final String headLayer;

    public TokenDecoder(ModelConfig.Llm config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.splits = layerElements(config) >= SPLIT_ELEMENTS_MIN;
        this.splitsHead = (long) config.vocabularySize() * config.hiddenSize() >= SPLIT_ELEMENTS_MIN / 4;
        for (int layer = 0; layer < config.layers(); layer++) {
            layers.add(new TokenLayer(config, weights, layer));
        }
        this.finalNorm = new RmsNormLayer(weights, ParameterSpec.LLM + "model.norm.weight", config.rmsNormEps());
        this.headUnit = Unit.head(config);
        this.headLayer = ParameterSpec.LLM + (config.tieEmbeddings() ? "model.embed_tokens" : "lm_head");
    }

    private static long layerElements(ModelConfig.Llm config) {
        long attention = 2L * (config.heads() + config.kvHeads()) * config.headDim();
        return config.hiddenSize() * (attention + 3L * config.intermediateSize());
    }

    /**
     * {@code ids [B] -> normalised rows [B, D]} in the step arena.
     *
     * @param ranks that share the work, those of the pass: alone when it is planned
     * @param positions of the tokens in their sequences
     */
    public Tensor step(
            Workspace ws, Communicator ranks, int[] ids, int[] positions, RotaryTable table, TokenAttention attention) {
        Tensor x = ws.step().allocate(ids.length, config.hiddenSize());
        weights.use(Unit.EMBEDDING);
        ws.kernels().rows().gather(weights.weight(ParameterSpec.LLM + "model.embed_tokens.weight"), ids, x);
        DecoderLayer.Rotary rotary = DecoderLayer.Rotary.of(ws, table, positions);
        ColumnSplit split = new ColumnSplit(weights, ranks, splits);
        for (TokenLayer layer : layers) {
            weights.use(layer.unit());
            layer.step(ws, x, attention, rotary, split);
        }
        weights.use(Unit.FINAL_NORM);
        return finalNorm.forward(ws, x).y();
    }

    /** {@code normed [B, D] -> logits [B, V]} in the step arena, from rows that all ranks have. */
    public Tensor logits(Workspace ws, Communicator ranks, Tensor normed) {
        weights.use(headUnit);
        Tensor logits = ws.step().allocate(normed.rows(), config.vocabularySize());
        new ColumnSplit(weights, ranks, splitsHead).forward(ws, normed, List.of(headLayer), List.of(logits));
        return logits;
    }
}
