package io.longreel.config.plan;

/**
 * Weights on their way to the ranks that compute with them, and gradients on theirs to the ranks that keep them.
 *
 * <p>In ZeRO stage 3 a block's weights come while the block before is computed, in the forward and again in the backward pass, whose reductions hide as well; what
 * computing does not cover is waited for, and so are the first block's weights and the last one's gradients. In stage 2 gradients are reduced behind the backward pass
 * and the new weights are gathered behind the optimizer; in stage 1 nothing hides.
 *
 * @param exposed seconds of a step
 * @param hidden seconds behind computing
 * @param insideBytes that a rank sends within its node, {@code betweenBytes} to others
 */
record Gathers(double exposed, double hidden, double insideBytes, double betweenBytes) {

    /**
     * @param forward seconds of one pass's forward half, waits included
     * @param backward of its backward half
     */
    static Gathers of(StepCase step, double forward, double backward) {
        int world = step.cluster().gpus() / step.choice().tensorDegree();
        if (world == 1) {
            return new Gathers(0, 0, 0, 0);
        }
        int e = step.cluster().hardware().elementBytes();
        double whole = step.model().parameters() / step.choice().tensorDegree();
        double trained = Parameters.trained(step) / step.choice().tensorDegree();
        double others = (double) (world - 1) / world;
        double gather = e * whole * others;
        double reduce = (step.method().isMegatron() ? step.software().gradientBytes() : e) * trained * others;
        double perSecond = bytesPerSecond(step);
        int passes = step.passes();
        int layers = step.model().layers();
        double exposed;
        double total;
        double bytes;
        if (step.choice().zeroStage() == 3 && !step.method().isMegatron()) {
            total = passes * (2 * gather + reduce) / perSecond;
            double uncovered =
                    Math.max(0, gather / perSecond - forward) + Math.max(0, (gather + reduce) / perSecond - backward);
            exposed = Math.min(total, passes * (uncovered + (gather + reduce) / perSecond / layers));
            bytes = passes * (2 * gather + reduce);
        } else {
            total = (gather + reduce) / perSecond;
            boolean hides = step.choice().zeroStage() == 2 && !step.method().isMegatron();
            exposed = hides
                    ? gather / perSecond + Math.max(reduce / perSecond / layers, reduce / perSecond - backward)
                    : total;
            bytes = gather + reduce;
        }
        double between = step.cluster().nodes() > 1 ? 1.0 / step.cluster().ranksPerNode() : 0;
        return new Gathers(exposed, total - exposed, bytes * (1 - between), bytes * between);
    }

    /** At which a rank receives: within a node by its own link; from other nodes by the ports of all its node's ranks, or by one, where messages are small. */
    private static double bytesPerSecond(StepCase step) {
        ClusterSpec cluster = step.cluster();
        double inside = cluster.inside().bytesPerSecond();
        if (cluster.nodes() == 1) {
            return inside;
        }
        double port = cluster.between().bytesPerSecond();
        return step.software().isGatheredByTensor() ? port : Math.min(inside, port * cluster.ranksPerNode());
    }
}
