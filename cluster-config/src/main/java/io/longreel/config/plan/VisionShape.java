package io.longreel.config.plan;

/**
 * A vision tower as the planner sees it: transformer blocks over the patches of one frame, then a projector that joins 2 x 2 patches into a token.
 *
 * @param layers blocks that are computed; VILA takes the state before the last one, so one less than the tower has
 * @param patches of a frame
 * @param patchInput numbers of a patch's pixels, with which its embedding is multiplied
 * @param tokensPerFrame rows of the packed sequence that a frame becomes, its line break included
 */
public record VisionShape(
        int hidden,
        int intermediate,
        int layers,
        int heads,
        int patches,
        int patchInput,
        int tokensPerFrame,
        int projectorInput) {
    public VisionShape {
        PlanRules.positive("vision.hidden", hidden);
        PlanRules.positive("vision.intermediate", intermediate);
        PlanRules.positive("vision.layers", layers);
        PlanRules.positive("vision.heads", heads);
        PlanRules.positive("vision.patches", patches);
        PlanRules.positive("vision.patch-input", patchInput);
        PlanRules.positive("vision.tokens-per-frame", tokensPerFrame);
        PlanRules.positive("vision.projector-input", projectorInput);
    }

    /** Weights of the computed blocks. */
    public double parameters() {
        return layers * (4.0 * hidden * hidden + 2.0 * hidden * intermediate);
    }

    /** Weights of the projector before a decoder of that width: one product onto it, one within it. */
    public double projectorParameters(int decoderHidden) {
        return (double) projectorInput * decoderHidden + (double) decoderHidden * decoderHidden;
    }

    /** Operations of products of one frame's forward pass, in the blocks. */
    public double productFlops() {
        return 2 * parameters() * patches;
    }

    /** Operations of one frame's patches' embedding, forward. Pixels have no gradient: backward it is once as much. */
    public double embeddingFlops() {
        return 2.0 * patches * patchInput * hidden;
    }

    /** Operations of attention of one frame's forward pass; every patch sees every other. */
    public double attentionFlops() {
        return 4.0 * layers * patches * patches * hidden;
    }

    /** Operations of one frame's forward pass in the projector. */
    public double projectorFlops(int decoderHidden) {
        return 2 * projectorParameters(decoderHidden) * tokensPerFrame;
    }
}
