package io.longreel.config.plan;

/** The memory of a rank, without a graph of its allocations: states, what the backward pass needs, and what is lost between. Pure. */
public final class MemoryModel {
    private MemoryModel() {}

    public static MemoryCost of(StepCase step) {
        ModelShape model = step.model();
        Software software = step.software();
        Hardware hardware = step.cluster().hardware();
        int e = hardware.elementBytes();
        int tensor = step.choice().tensorDegree();
        double world = step.cluster().gpus();
        double whole = model.parameters() / tensor;
        double trained = Parameters.trained(step) / tensor;
        boolean isMegatron = step.method().isMegatron();
        boolean cutsWeights = step.choice().zeroStage() == 3 && !isMegatron && world > 1;
        boolean cutsGradients = step.choice().zeroStage() >= 2 && !isMegatron && world > 1;
        double gathered = cutsWeights ? 2 * e * Math.max(model.layerParameters(), model.headParameters()) : 0;
        return new MemoryCost(
                e * whole / (cutsWeights ? world : 1),
                software.gradientBytes() * trained / (cutsGradients ? world : 1),
                software.optimizerBytes() * Parameters.trained(step) / world,
                gathered,
                activations(step) + visionActivations(step),
                logits(step),
                software.lostMemoryShare() * hardware.usableBytes(),
                hardware.usableBytes());
    }

    /**
     * What the backward pass needs of a token in a layer, in elements: the inputs of two norms and what they give, rotated queries and keys, values, attention's
     * output, and four rows of the MLP (gate, up, activation, product). After an all-to-all the output is there twice, before and behind it, and keys and values as
     * often as heads need them. Tensor parallelism cuts all but the four rows of the width of the model.
     */
    static double elementsPerToken(StepCase step) {
        ModelShape model = step.model();
        boolean exchanges = step.choice().mesh().ulyssesDegree() > 1;
        double cut = model.queryWidth()
                + 2.0 * step.kvHeadsSent() * model.headDim()
                + model.queryWidth() * (exchanges ? 2.0 : 1.0)
                + 4.0 * model.intermediate();
        return 4.0 * model.hidden() + cut / step.choice().tensorDegree();
    }

    private static double activations(StepCase step) {
        ModelShape model = step.model();
        int e = step.cluster().hardware().elementBytes();
        if (!step.work().trains().passesDecoder(step.work().frames())) {
            return 0;
        }
        double tokens = (double) step.work().tokens() / step.choice().mesh().spDegree();
        double all = elementsPerToken(step) * e * tokens;
        double inputs = (double) model.hidden() * e * tokens;
        // A layer that is computed again keeps its input; one at a time has everything.
        return step.choice().recompute() ? model.layers() * inputs + all : model.layers() * all;
    }

    private static double visionActivations(StepCase step) {
        if (step.work().frames() == 0 || !step.work().trains().vision()) {
            return 0;
        }
        VisionShape vision = step.model().vision().orElseThrow();
        int e = step.cluster().hardware().elementBytes();
        // Inputs of norms and their results, queries, keys, values, output, and two rows of the MLP.
        double perPatch = 8.0 * vision.hidden() + 2.0 * vision.intermediate();
        return step.framesPerRank() * vision.patches() * e * perPatch * vision.layers();
    }

    private static double logits(StepCase step) {
        double tokens = (double) step.work().tokens() / step.choice().mesh().spDegree();
        return tokens
                * step.software().logitBytes()
                * step.model().vocabulary()
                / step.choice().tensorDegree();
    }
}
