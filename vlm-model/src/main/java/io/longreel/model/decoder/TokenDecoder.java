package io.longreel.model.decoder;

import io.longreel.model.ModelConfig;
import io.longreel.model.attention.TokenAttention;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.Span;
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
    /** Elements of weights from which on ranks read parts of them in less time than the exchange adds that this takes. */
    private static final long SHARED_ELEMENTS_MIN = 250_000;

    private final ModelConfig.Llm config;
    private final Weights weights;
    private final HeadShards heads;
    private final boolean sharesHead;
    private final List<TokenLayer> layers = new ArrayList<>();
    private final RmsNormLayer finalNorm;
    private final String headUnit;
    private final String headLayer;

    /** @param heads cut over the ranks of a Ulysses group as in the cache */
    public TokenDecoder(ModelConfig.Llm config, HeadShards heads, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.heads = heads;
        this.sharesHead = (long) config.vocabularySize() * config.hiddenSize() >= SHARED_ELEMENTS_MIN;
        for (int layer = 0; layer < config.layers(); layer++) {
            layers.add(new TokenLayer(config, weights, layer));
        }
        this.finalNorm = new RmsNormLayer(weights, ParameterSpec.LLM + "model.norm.weight", config.rmsNormEps());
        this.headUnit = Unit.head(config);
        this.headLayer = ParameterSpec.LLM + (config.tieEmbeddings() ? "model.embed_tokens" : "lm_head");
    }

    /**
     * The ranks of a pass.
     *
     * @param sequence all that share the work, ring ranks apart, Ulysses ranks side by side
     * @param ring those with the same heads
     * @param ulysses whose heads they are
     */
    public record Ranks(Communicator sequence, Communicator ring, int ulysses) {}

    private TokenLayer.Shares shares(Ranks ranks) {
        Span queryHeads = heads.queryHeads(ranks.ulysses());
        Span kvHeads = heads.kvHeads(ranks.ulysses());
        int columns = queryHeads.size() * config.headDim();
        long queries = (queryHeads.size() + 2L * kvHeads.size()) * config.headDim() * config.hiddenSize();
        // Heads that are cut must meet again, whatever it takes.
        boolean sharesOutput =
                heads.ulyssesDegree() > 1 || (long) config.hiddenSize() * config.hiddenSize() >= SHARED_ELEMENTS_MIN;
        ColumnSplit output = new ColumnSplit(weights, ranks.sequence(), sharesOutput);
        return new TokenLayer.Shares(
                new ColumnSplit(weights, ranks.ring(), queries >= SHARED_ELEMENTS_MIN),
                output,
                new ColumnSplit(
                        weights,
                        ranks.sequence(),
                        3L * config.intermediateSize() * config.hiddenSize() >= SHARED_ELEMENTS_MIN),
                queryHeads,
                kvHeads,
                output.splits()
                        ? Span.part(columns, ranks.ring().size(), ranks.ring().index())
                        : new Span(0, columns));
    }

    /**
     * {@code ids [B] -> normalised rows [B, D]} in the step arena.
     *
     * @param ranks that share the work, those of the pass: alone when it is planned
     * @param positions of the tokens in their sequences
     */
    public Tensor step(
            Workspace ws, Ranks ranks, int[] ids, int[] positions, RotaryTable table, TokenAttention attention) {
        Tensor x = ws.step().allocate(ids.length, config.hiddenSize());
        weights.use(Unit.EMBEDDING);
        ws.kernels().rows().gather(weights.weight(ParameterSpec.LLM + "model.embed_tokens.weight"), ids, x);
        DecoderLayer.Rotary rotary = DecoderLayer.Rotary.of(ws, table, positions);
        TokenLayer.Shares shares = shares(ranks);
        for (TokenLayer layer : layers) {
            weights.use(layer.unit());
            layer.step(ws, x, attention, rotary, shares);
        }
        weights.use(Unit.FINAL_NORM);
        return finalNorm.forward(ws, x).y();
    }

    /** {@code normed [B, D] -> logits [B, V]} in the step arena, from rows that all ranks have. */
    public Tensor logits(Workspace ws, Communicator ranks, Tensor normed) {
        weights.use(headUnit);
        Tensor logits = ws.step().allocate(normed.rows(), config.vocabularySize());
        ColumnSplit.Layer layer = new ColumnSplit.Layer(headLayer, new Span(0, logits.columns()));
        new ColumnSplit(weights, ranks, sharesHead).forward(ws, normed, List.of(layer), List.of(logits));
        return logits;
    }
}
