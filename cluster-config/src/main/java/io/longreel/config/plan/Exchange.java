package io.longreel.config.plan;

import io.longreel.config.plan.ClusterSpec.GroupPlace;
import io.longreel.config.topology.Mesh;

/**
 * The all-to-all of heads in one pass: queries, keys, values before attention and its output behind it, and their gradients the same way back.
 *
 * @param seconds waits, as nothing is computed meanwhile
 * @param insideBytes that a rank sends to its node, {@code betweenBytes} to others
 */
record Exchange(double seconds, double insideBytes, double betweenBytes) {
    private static final int COLLECTIVES = 4;

    static Exchange of(StepCase step) {
        Mesh mesh = step.choice().mesh();
        if (mesh.ulyssesDegree() == 1) {
            return new Exchange(0, 0, 0);
        }
        ModelShape model = step.model();
        ClusterSpec cluster = step.cluster();
        int stride = mesh.inner() == Mesh.Inner.ULYSSES ? 1 : mesh.ringDegree();
        GroupPlace place = cluster.place(mesh.ulyssesDegree(), stride);
        double bytes = cluster.hardware().elementBytes()
                * step.tokensPerRank()
                * (2.0 * model.queryWidth() + 2.0 * step.kvHeadsSent() * model.headDim());
        double inside = bytes * place.insideShare();
        double between = bytes * place.betweenShare();
        // Ports inside and between nodes are different ones: they send at the same time.
        double sending = Math.max(
                inside / cluster.inside().bytesPerSecond(),
                between / cluster.between().bytesPerSecond());
        Link slowest = place.isInOneNode() ? cluster.inside() : cluster.between();
        double layer = sending + COLLECTIVES * slowest.latencySeconds();
        double ways = ways(step) * model.layers();
        return new Exchange(ways * layer, ways * inside, ways * between);
    }

    /** Forward, backward, and forward again where layers are computed again. */
    static int ways(StepCase step) {
        boolean passes = step.work().trains().passesDecoder(step.work().frames());
        return passes ? step.choice().recompute() ? 3 : 2 : 1;
    }
}
