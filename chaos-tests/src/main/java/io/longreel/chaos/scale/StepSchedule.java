package io.longreel.chaos.scale;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The schedule of a step's collectives over nodes that are not equally fast. A node's ranks meet in every layer's all-to-all and count as one here. Nodes of a replica form a ring: a block of keys and values is handed on when
 * its use begins, and used when the own work before it is done and it is there. All nodes meet at the end, where gradients are reduced.
 *
 * <p>Only order and durations are simulated: {@code finish(i, k) = max(finish(i, k - 1), start(i - 1, k - 1) + hop) + work(i, k)}.
 *
 * @param nodes of the job
 * @param ringDegree nodes of a replica; divides {@code nodes}
 * @param layers each with a forward and a backward round
 * @param workSeconds of a step on a node of average speed, without waits
 * @param hopSeconds of a block to the next node
 * @param nodeSpread standard deviation of the nodes' speeds, as a share
 * @param workSpread of a piece of work from one time to the next
 */
public record StepSchedule(
        int nodes,
        int ringDegree,
        int layers,
        double workSeconds,
        double hopSeconds,
        double nodeSpread,
        double workSpread) {
    private static final int ROUNDS_PER_LAYER = 2;

    public StepSchedule {
        if (nodes < 1 || ringDegree < 1 || nodes % ringDegree != 0 || layers < 1) {
            throw new IllegalArgumentException("replicas must fill the job: nodes=%d ringDegree=%d layers=%d"
                    .formatted(nodes, ringDegree, layers));
        }
    }

    /** Seconds of a step, from its start to the moment when the last node is done. */
    public double seconds(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        double[] slowness = new double[nodes];
        Arrays.setAll(slowness, i -> positive(1 + nodeSpread * random.nextGaussian()));
        double piece = workSeconds / (layers * ROUNDS_PER_LAYER * (double) ringDegree);
        double last = 0;
        for (int first = 0; first < nodes; first += ringDegree) {
            last = Math.max(last, replica(first, slowness, piece, random));
        }
        return last;
    }

    private double replica(int first, double[] slowness, double piece, RandomGenerator random) {
        double[] finish = new double[ringDegree];
        double[] start = new double[ringDegree];
        double[] before = new double[ringDegree];
        for (int round = 0; round < layers * ROUNDS_PER_LAYER; round++) {
            for (int step = 0; step < ringDegree; step++) {
                System.arraycopy(start, 0, before, 0, ringDegree);
                for (int i = 0; i < ringDegree; i++) {
                    // The first block of a round is the own one.
                    double there = step == 0 ? 0 : before[Math.floorMod(i - 1, ringDegree)] + hopSeconds;
                    start[i] = Math.max(finish[i], there);
                    finish[i] =
                            start[i] + piece * slowness[first + i] * positive(1 + workSpread * random.nextGaussian());
                }
            }
        }
        return Arrays.stream(finish).max().orElse(0);
    }

    /** Work has no negative duration, however unlikely the draw. */
    private static double positive(double value) {
        return Math.max(0.1, value);
    }
}
