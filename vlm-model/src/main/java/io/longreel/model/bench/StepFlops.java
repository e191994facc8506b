package io.longreel.model.bench;

import io.longreel.model.ModelConfig;

/**
 * Floating-point operations that a training step needs: two per multiply-add of every product, forward once, backward twice (attention: 4 per
 * query-key pair, head and dim forward, 10 backward, as scores are never kept; causal pairs only). What else is computed again does not count.
 */
final class StepFlops {
    private StepFlops() {}

    /**
     * @param tokens of the whole sequence, one document
     * @param labelledTokens rows of the head
     */
    static double of(ModelConfig config, int frames, long tokens, long labelledTokens) {
        ModelConfig.Vision v = config.vision();
        ModelConfig.Llm l = config.llm();
        double patches = (double) frames * v.patches();
        double visionWeights = (double) v.usedLayers()
                * (4.0 * v.hiddenSize() * v.hiddenSize() + 2.0 * v.hiddenSize() * v.intermediateSize());
        double pixelWeights = 3.0 * v.patchSize() * v.patchSize() * v.hiddenSize();
        double visionPairs = patches * v.patches() * v.usedLayers();
        double frameTokens = (double) frames * config.tokensPerFrame();
        double projectorWeights = 4.0 * v.hiddenSize() * l.hiddenSize() + (double) l.hiddenSize() * l.hiddenSize();
        double kv = (double) l.kvHeads() * l.headDim();
        double layerWeights =
                2.0 * l.hiddenSize() * (l.hiddenSize() + kv) + 3.0 * l.hiddenSize() * l.intermediateSize();
        double pairs = tokens * (tokens + 1.0) / 2 * l.layers();
        double products = 6
                * (patches * visionWeights
                        + frameTokens * projectorWeights
                        + tokens * layerWeights * l.layers()
                        + (double) labelledTokens * l.hiddenSize() * l.vocabularySize());
        double pixels = 4 * patches * pixelWeights; // they have no gradient
        return products + pixels + 14 * (visionPairs * v.hiddenSize() + pairs * l.hiddenSize());
    }
}
