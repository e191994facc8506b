package io.longreel.config.plan;

/**
 * Seconds of the decoder's own work in one pass over a sequence, on one rank, forward and backward apart. What the backward pass computes again counts to it.
 *
 * @param linearForward products and loops over elements
 * @param attentionForward kernels over own queries
 */
record DecoderWork(double linearForward, double linearBackward, double attentionForward, double attentionBackward) {
    /** Operations of the backward kernel beside the forward one: five products instead of two, as scores are computed again. */
    static final double ATTENTION_BACKWARD = 2.5;

    static DecoderWork of(StepCase step) {
        ModelShape model = step.model();
        Hardware hardware = step.cluster().hardware();
        boolean passes = step.work().trains().passesDecoder(step.work().frames());
        boolean again = passes && step.choice().recompute();
        double tokens = step.tokensPerRank();
        double headRows = headTokens(step) / step.choice().sequenceRanks();
        double head = KernelTimes.products(step, 2 * model.headParameters() * headRows, headRows * headNumbers(model));
        double products = head
                + KernelTimes.products(
                        step,
                        2 * model.layers() * model.layerParameters() * tokens,
                        model.layers() * tokens * layerNumbers(model));
        double elements = KernelTimes.loops(step, model.layers() * tokens * elementBytes(model, hardware));
        double attention = KernelTimes.attention(
                step,
                model.attentionFlops((double) step.work().tokens())
                        / step.choice().sequenceRanks(),
                model.headDim(),
                model.layers() * tokens * model.heads());
        double backwardProducts = (passes ? 1 : 0) + (step.work().trains().decoder() ? 1 : 0);
        return new DecoderWork(
                products + elements,
                backwardProducts * products + (passes ? 2 * elements : 0) + (again ? products - head + elements : 0),
                attention,
                (passes ? ATTENTION_BACKWARD * attention : 0) + (again ? attention : 0));
    }

    /** Rows of the head: those with a label are the text, or all. */
    private static double headTokens(StepCase step) {
        Workload work = step.work();
        int perFrame = step.model().vision().map(VisionShape::tokensPerFrame).orElse(0);
        return work.tokens()
                - (step.software().details().isHeadOfLabels() ? Math.min(work.tokens(), work.frames() * perFrame) : 0);
    }

    private static double headNumbers(ModelShape model) {
        return (double) model.hidden() + model.vocabulary();
    }

    /** Numbers of a row that the products of a layer read and write: queries and output, keys and values, three of the MLP. */
    private static double layerNumbers(ModelShape model) {
        return 2.0 * (model.hidden() + model.queryWidth())
                + 2.0 * (model.hidden() + model.keyWidth())
                + 3.0 * (model.hidden() + model.intermediate());
    }

    /**
     * Bytes that a layer's loops over elements read and write for one token, forward, each fused with its neighbours: two norms, rotary positions, the gate of the
     * MLP, two residual sums. Backward it is twice as much.
     */
    static double elementBytes(ModelShape model, Hardware hardware) {
        double norms = 2 * 2.0 * model.hidden();
        double rotary = 2.0 * (model.queryWidth() + model.keyWidth());
        double gate = 3.0 * model.intermediate();
        double sums = 2 * 3.0 * model.hidden();
        return hardware.elementBytes() * (norms + rotary + gate + sums);
    }

    double linear() {
        return linearForward + linearBackward;
    }

    double attention() {
        return attentionForward + attentionBackward;
    }
}
