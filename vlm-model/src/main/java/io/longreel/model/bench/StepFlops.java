package io.longreel.model.bench;

import io.longreel.model.ModelConfig;

/**
 * Floating-point operations that a training step or a prompt needs: two per multiply-add of every product, forward once, in a step backward twice
 * (attention: 4 per query-key pair, head and dim forward, 10 backward, as scores are never kept; causal pairs only). What else is computed again does
 * not count.
 *
 * @param tokens of the whole sequence, one document
 */
record StepFlops(ModelConfig config, int frames, long tokens) {
    /**
     * A training step.
     *
     * @param labelledTokens rows of the head
     */
    static double of(ModelConfig config, int frames, long tokens, long labelledTokens) {
        StepFlops flops = new StepFlops(config, frames, tokens);
        ModelConfig.Vision v = config.vision();
        ModelConfig.Llm l = config.llm();
        double products = 6
                * (flops.frameProducts()
                        + tokens * layerWeights(l) * l.layers()
                        + (double) labelledTokens * l.hiddenSize() * l.vocabularySize());
        double pixels = 4 * flops.pixelProducts(); // they have no gradient
        return products
                + pixels
                + 14 * (flops.visionPairs() * v.hiddenSize() + flops.pairs() * l.layers() * l.hiddenSize());
    }

    /** A prompt whose last token is asked what comes next: the last layer's other tokens get keys and values and nothing else. */
    static double ofPrompt(ModelConfig config, int frames, long tokens) {
        StepFlops flops = new StepFlops(config, frames, tokens);
        ModelConfig.Vision v = config.vision();
        ModelConfig.Llm l = config.llm();
        double keyWeights = 2.0 * l.hiddenSize() * l.kvHeads() * l.headDim();
        double products = 2
                * (flops.frameProducts()
                        + flops.pixelProducts()
                        + tokens * (layerWeights(l) * (l.layers() - 1) + keyWeights)
                        + layerWeights(l)
                        - keyWeights
                        + (double) l.hiddenSize() * l.vocabularySize());
        double pairs = flops.pairs() * (l.layers() - 1) + tokens;
        return products + 4 * (flops.visionPairs() * v.hiddenSize() + pairs * l.hiddenSize());
    }

    /** Weights of a decoder layer that are factors of products. */
    static double layerWeights(ModelConfig.Llm l) {
        double kv = (double) l.kvHeads() * l.headDim();
        return 2.0 * l.hiddenSize() * (l.hiddenSize() + kv) + 3.0 * l.hiddenSize() * l.intermediateSize();
    }

    private double patches() {
        return (double) frames * config.vision().patches();
    }

    /** Multiply-adds of tower and projector, without attention, but for those with pixels. */
    private double frameProducts() {
        ModelConfig.Vision v = config.vision();
        double width = config.llm().hiddenSize();
        double visionWeights = (double) v.usedLayers()
                * (4.0 * v.hiddenSize() * v.hiddenSize() + 2.0 * v.hiddenSize() * v.intermediateSize());
        double frameTokens = (double) frames * config.tokensPerFrame();
        double projectorWeights = 4.0 * v.hiddenSize() * width + width * width;
        return patches() * visionWeights + frameTokens * projectorWeights;
    }

    private double pixelProducts() {
        ModelConfig.Vision v = config.vision();
        return patches() * 3.0 * v.patchSize() * v.patchSize() * v.hiddenSize();
    }

    /** Of all layers of the tower. */
    private double visionPairs() {
        return patches() * config.vision().patches() * config.vision().usedLayers();
    }

    /** Of one layer of the decoder. */
    private double pairs() {
        return tokens * (tokens + 1.0) / 2;
    }
}
