package io.longreel.config.plan;

import java.util.Optional;

/**
 * A decoder with grouped-query attention and a gated MLP (Llama, Qwen2), and the vision tower before it where there is one. Sizes in elements.
 *
 * @param headDim width of a head
 * @param intermediate width of the MLP
 * @param tied whether the head's weights are those of the embedding
 */
public record ModelShape(
        String name,
        int hidden,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int intermediate,
        int vocabulary,
        boolean tied,
        Optional<VisionShape> vision) {
    public ModelShape {
        PlanRules.positive("hidden", hidden);
        PlanRules.positive("layers", layers);
        PlanRules.positive("heads", heads);
        PlanRules.positive("kv-heads", kvHeads);
        PlanRules.positive("head-dim", headDim);
        PlanRules.positive("intermediate", intermediate);
        PlanRules.positive("vocabulary", vocabulary);
        PlanRules.require(
                heads % kvHeads == 0,
                () -> "the query heads of a model must be a multiple of its key/value heads: heads=%d kv-heads=%d"
                        .formatted(heads, kvHeads));
    }

    /** Columns of the queries of a token. */
    public int queryWidth() {
        return heads * headDim;
    }

    /** Columns of the keys of a token, without copies. */
    public int keyWidth() {
        return kvHeads * headDim;
    }

    /** Weights of one decoder layer that take part in products. */
    public double layerParameters() {
        return (double) hidden * (queryWidth() + 2.0 * keyWidth())
                + (double) queryWidth() * hidden
                + 3.0 * hidden * intermediate;
    }

    /** Weights that a token is multiplied with: all layers and the head, not the embedding, which is looked up. */
    public double productParameters() {
        return layers * layerParameters() + headParameters();
    }

    public double headParameters() {
        return (double) hidden * vocabulary;
    }

    /** All weights of the decoder; norms are left out, as they are less than a thousandth. */
    public double decoderParameters() {
        return productParameters() + (tied ? 0 : headParameters());
    }

    /** Weights of decoder, projector and vision tower. */
    public double parameters() {
        return decoderParameters()
                + vision.map(v -> v.parameters() + v.projectorParameters(hidden))
                        .orElse(0.0);
    }

    /** Operations of causal attention of all layers over one document, forward: scores and sums over half of all pairs. */
    public double attentionFlops(double tokens) {
        return 2.0 * layers * queryWidth() * tokens * tokens;
    }

    /** The same without its vision tower, as text alone is trained. */
    public ModelShape withoutVision() {
        return new ModelShape(
                name, hidden, layers, heads, kvHeads, headDim, intermediate, vocabulary, tied, Optional.empty());
    }
}
