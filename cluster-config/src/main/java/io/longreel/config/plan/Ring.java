package io.longreel.config.plan;

import io.longreel.config.plan.ClusterSpec.GroupPlace;
import io.longreel.config.topology.Mesh;

/**
 * Keys and values on their way round a ring in one pass, and their gradients a step behind them.
 *
 * <p>A pipelined ring's step costs its slowest hop, and hides behind the attention of that step. In a ring of summed hops a block is handed on before the next may go,
 * so that a step costs all hops of the ring one after the other; what travels at the same time, keys and values and the gradients behind them, does not add up there,
 * as the links are idle most of the time. The last hop of the gradients, home, has nothing to hide behind.
 *
 * @param exposed seconds that the rank waits
 * @param hidden seconds of the ring beneath attention
 * @param steps seconds beyond bytes: partial results are merged, and there are more kernels
 * @param insideBytes that a rank sends within its node, on average, {@code betweenBytes} to others
 */
record Ring(double exposed, double hidden, double steps, double insideBytes, double betweenBytes) {
    /** Read a running result in F32 and a partial one in BF16, write the former. */
    private static final int MERGE_BYTES = 10;

    static Ring of(StepCase step, DecoderWork work) {
        Mesh mesh = step.choice().mesh();
        int degree = mesh.ringDegree();
        if (degree == 1) {
            return new Ring(0, 0, 0, 0, 0);
        }
        int stride = step.choice().tensorDegree() * (mesh.inner() == Mesh.Inner.ULYSSES ? mesh.ulyssesDegree() : 1);
        GroupPlace place = step.cluster().place(degree, stride);
        int layers = step.model().layers();
        double block = blockBytes(step);
        double gradients = block
                * step.software().kvGradientBytes()
                / step.cluster().hardware().elementBytes();
        boolean isBack = work.attentionBackward() > 0;
        boolean again = isBack && step.choice().recompute();
        double total;
        double hidden;
        if (step.method().isSummed()) {
            double forward = summed(step.cluster(), place, block);
            double backward = summed(step.cluster(), place, Math.max(block, gradients));
            double home = summed(step.cluster(), place, gradients) / degree;
            total = layers
                    * ((degree - 1) * (forward * (again ? 2 : 1) + (isBack ? backward : 0)) + (isBack ? home : 0))
                    / step.software().ringInFlight();
            hidden = Math.min(total, step.software().ringHiddenShare() * work.attention());
        } else {
            double perStep = (double) layers * degree;
            double forward = slowest(step.cluster(), place).seconds(block);
            double backward = slowest(step.cluster(), place).seconds(block + gradients);
            double home = slowest(step.cluster(), place).seconds(gradients);
            total = layers
                    * ((degree - 1) * (forward * (again ? 2 : 1) + (isBack ? backward : 0)) + (isBack ? home : 0));
            hidden = layers
                    * (degree - 1)
                    * (Math.min(forward, work.attentionForward() / perStep) * (again ? 2 : 1)
                            + Math.min(
                                    isBack ? backward : 0,
                                    (work.attentionBackward() - (again ? work.attentionForward() : 0)) / perStep));
        }
        double sent = layers * ((degree - 1) * block * Exchange.ways(step) + (isBack ? degree * gradients : 0));
        double between = (double) place.hopsBetween() / degree;
        return new Ring(total - hidden, hidden, steps(step, isBack), sent * (1 - between), sent * between);
    }

    /** Keys and values of a block: {@code S / R} tokens, the heads of one rank. */
    private static double blockBytes(StepCase step) {
        Mesh mesh = step.choice().mesh();
        int ranksOfHeads = mesh.ulyssesDegree() * step.choice().tensorDegree();
        double heads = (double) Math.max(step.model().kvHeads(), ranksOfHeads) / ranksOfHeads;
        return 2.0
                * step.cluster().hardware().elementBytes()
                * ((double) step.work().tokens() / mesh.ringDegree())
                * heads
                * step.model().headDim();
    }

    private static double summed(ClusterSpec cluster, GroupPlace place, double bytes) {
        int between = place.hopsBetween();
        return between * bytes / cluster.between().bytesPerSecond()
                + (place.size() - between) * bytes / cluster.inside().bytesPerSecond()
                + slowest(cluster, place).latencySeconds();
    }

    private static Link slowest(ClusterSpec cluster, GroupPlace place) {
        return place.isInOneNode() ? cluster.inside() : cluster.between();
    }

    private static double steps(StepCase step, boolean isBack) {
        Mesh mesh = step.choice().mesh();
        ModelShape model = step.model();
        double elements =
                model.queryWidth() * (isBack ? 2.0 : 1.0) + (isBack ? 2.0 * step.kvHeadsSent() * model.headDim() : 0);
        double merging = MERGE_BYTES
                * elements
                * step.tokensPerRank()
                / step.cluster().hardware().elementBytesPerSecond();
        return model.layers()
                * ((mesh.ringDegree() - 1) * merging
                        + mesh.ringDegree() * step.software().ringStepSeconds());
    }
}
