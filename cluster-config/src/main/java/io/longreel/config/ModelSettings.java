package io.longreel.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model is trained: weights of a checkpoint in VILA's layout, a model made of parts that others have trained, or a new one of the given
 * architecture, initialised from the run's seed. Exactly one of the three is there; with weights, their own configuration holds.
 */
public record ModelSettings(Optional<Path> checkpoint, Optional<Parts> parts, Optional<Architecture> architecture) {

    /** A model of the given architecture. */
    public static ModelSettings fresh(Architecture architecture) {
        return new ModelSettings(Optional.empty(), Optional.empty(), Optional.of(architecture));
    }

    /**
     * Folders as Hugging Face has them.
     *
     * @param llm Qwen2
     * @param visionTower SigLIP
     * @param projector empty: a new one
     */
    public record Parts(Path llm, Path visionTower, Optional<Path> projector) {}

    /** The numbers of a LongVILA model (specification 1.3 to 1.5). */
    public record Architecture(Vision vision, Llm llm) {

        /** Tokens of one frame after the projector, which joins 2 x 2 patches; odd grids are rounded up (specification 2.2). */
        public int tokensPerFrame() {
            int side = (vision.imageSize() / vision.patchSize() + 1) / 2;
            return side * side;
        }
    }

    /**
     * SigLIP vision tower.
     *
     * @param selectLayer index into the list of hidden states; negative counts from the end (VILA: -2)
     */
    public record Vision(
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            int imageSize,
            int patchSize,
            int selectLayer) {}

    /** Qwen2 decoder. */
    public record Llm(
            int vocabularySize,
            int hiddenSize,
            int intermediateSize,
            int layers,
            int heads,
            int kvHeads,
            int maxPositions,
            double ropeTheta,
            double rmsNormEps,
            boolean tieEmbeddings) {}
}
