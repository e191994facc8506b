package io.longreel.model;

import io.longreel.config.ModelSettings;
import io.longreel.config.RuntimeFailure;

/**
 * The numbers of a LongVILA model: SigLIP vision tower, projector, Qwen2 decoder (specification 1). Made from a run's architecture settings or
 * read from a checkpoint's config.json files.
 *
 * @param projectorType VILA's name of the projector, {@code mlp_downsample}
 * @param imageToken token id that stands for one frame in {@code input_ids}
 * @param frameEnd text behind each frame, which VILA's encoders put there (specification 2.3); empty = none
 */
public record ModelConfig(Vision vision, Llm llm, String projectorType, int imageToken, String frameEnd) {
    /** The projector that this version builds. */
    public static final String MLP_DOWNSAMPLE = "mlp_downsample";

    /** LayerNorm epsilon of the projector: PyTorch's default. */
    public static final float PROJECTOR_NORM_EPSILON = 1e-5f;

    /**
     * SigLIP.
     *
     * @param selectLayer index into the {@code layers + 1} hidden states (0 = embeddings); negative counts from the end
     */
    public record Vision(
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            int imageSize,
            int patchSize,
            float layerNormEps,
            int selectLayer) {

        public Vision {
            if (hiddenSize % heads != 0) {
                throw RuntimeFailure.data("vision heads must divide the hidden size: hiddenSize=%d heads=%d"
                        .formatted(hiddenSize, heads));
            }
            if (selectLayer > layers || selectLayer < -(layers + 1)) {
                throw RuntimeFailure.data(
                        "mm_vision_select_layer must name one of the hidden states: selectLayer=%d layers=%d"
                                .formatted(selectLayer, layers));
            }
        }

        public int headDim() {
            return hiddenSize / heads;
        }

        /** Patches along one side; pixels beyond the last whole patch are dropped. */
        public int grid() {
            return imageSize / patchSize;
        }

        public int patches() {
            return grid() * grid();
        }

        /** Blocks that the selected hidden state needs; later ones are never run (specification 2.1). */
        public int usedLayers() {
            return selectLayer < 0 ? layers + 1 + selectLayer : selectLayer;
        }
    }

    /**
     * Qwen2.
     *
     * @param ropeScale linear scaling: positions are divided by it; 1 = none
     */
    public record Llm(
            int vocabularySize,
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            int kvHeads,
            int maxPositions,
            double ropeTheta,
            double ropeScale,
            float rmsNormEps,
            boolean tieEmbeddings) {

        public Llm {
            if (hiddenSize % heads != 0 || hiddenSize / heads % 2 != 0) {
                throw RuntimeFailure.data(
                        "decoder heads must divide the hidden size into even head dims: hiddenSize=%d heads=%d"
                                .formatted(hiddenSize, heads));
            }
            if (heads % kvHeads != 0) {
                throw RuntimeFailure.data(
                        "key/value heads must divide the query heads: heads=%d kvHeads=%d".formatted(heads, kvHeads));
            }
        }

        public int headDim() {
            return hiddenSize / heads;
        }

        /** Query heads that share one key/value head. */
        public int queriesPerKv() {
            return heads / kvHeads;
        }

        public Llm withVocabulary(int rows) {
            return new Llm(
                    rows,
                    hiddenSize,
                    intermediateSize,
                    layers,
                    heads,
                    kvHeads,
                    maxPositions,
                    ropeTheta,
                    ropeScale,
                    rmsNormEps,
                    tieEmbeddings);
        }

        public Llm withRope(double theta, double scale, int positions) {
            return new Llm(
                    vocabularySize,
                    hiddenSize,
                    intermediateSize,
                    layers,
                    heads,
                    kvHeads,
                    positions,
                    theta,
                    scale,
                    rmsNormEps,
                    tieEmbeddings);
        }
    }

    /** A model whose frames are their tokens and nothing else. */
    public ModelConfig(Vision vision, Llm llm, String projectorType, int imageToken) {
        this(vision, llm, projectorType, imageToken, "");
    }

    public ModelConfig {
        if (!projectorType.equals(MLP_DOWNSAMPLE)) {
            throw RuntimeFailure.data("unknown mm_projector_type: found=%s, this version builds %s"
                    .formatted(projectorType, MLP_DOWNSAMPLE));
        }
    }

    /** A new model of the given architecture; {@code imageToken} is the tokenizer's marker of a frame. */
    public static ModelConfig of(ModelSettings.Architecture architecture, int imageToken) {
        ModelSettings.Vision v = architecture.vision();
        ModelSettings.Llm l = architecture.llm();
        return new ModelConfig(
                new Vision(
                        v.hiddenSize(),
                        v.intermediateSize(),
                        v.layers(),
                        v.heads(),
                        v.imageSize(),
                        v.patchSize(),
                        1e-6f,
                        v.selectLayer()),
                new Llm(
                        l.vocabularySize(),
                        l.hiddenSize(),
                        l.intermediateSize(),
                        l.layers(),
                        l.heads(),
                        l.kvHeads(),
                        l.maxPositions(),
                        l.ropeTheta(),
                        1.0,
                        (float) l.rmsNormEps(),
                        l.tieEmbeddings()),
                MLP_DOWNSAMPLE,
                imageToken);
    }

    /** Tokens that one frame becomes: the grid, halved along each side, rounded up. */
    public int tokensPerFrame() {
        int half = (vision.grid() + 1) / 2;
        return half * half;
    }

    public ModelConfig withVocabulary(int rows) {
        return new ModelConfig(vision, llm.withVocabulary(rows), projectorType, imageToken, frameEnd);
    }

    public ModelConfig withRope(double theta, double scale, int positions) {
        return new ModelConfig(vision, llm.withRope(theta, scale, positions), projectorType, imageToken, frameEnd);
    }

    /** With the ids and texts of the run's tokenizer. */
    public ModelConfig withFrames(int newImageToken, String newFrameEnd) {
        return new ModelConfig(vision, llm, projectorType, newImageToken, newFrameEnd);
    }
}
