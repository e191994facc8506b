package io.longreel.config;

import java.time.Duration;

/**
 * What a run does about faults.
 *
 * @param attemptsMax recoveries in a row without a newly committed step before the run ends; 0 = the first loss ends it
 * @param spares nodes that are welcomed beyond those that the mesh needs, and wait
 * @param hangTimeout a node that says nothing for so long is lost
 * @param progressTimeout a rank that neither computes nor waits visibly for so long is lost
 * @param waitForNodes how long to wait for nodes before the mesh is planned over what is left
 * @param isElastic whether the mesh may shrink to the nodes that are left, and grow back
 * @param replicas nodes besides its own that hold each rank's snapshot
 * @param snapshotEverySteps a snapshot after so many steps; 0 = as often as {@code snapshotCostMax} allows
 * @param snapshotCostMax share of time that snapshots may take
 * @param quarantine when a node that keeps getting lost has to wait
 * @param guard what makes a step suspicious
 */
public record RecoverySettings(
        int attemptsMax,
        int spares,
        Duration hangTimeout,
        Duration progressTimeout,
        Duration waitForNodes,
        boolean isElastic,
        int replicas,
        int snapshotEverySteps,
        double snapshotCostMax,
        Quarantine quarantine,
        Guard guard) {

    /** A node id that is lost {@code losses} times {@code within} a time waits {@code backOff}, twice as long each further time. */
    public record Quarantine(int losses, Duration within, Duration backOff) {}

    /**
     * @param replayNonFinite whether a step whose loss or gradient is not finite is computed again before it counts
     * @param lossSpikeZ a loss so many standard deviations above the recent ones is suspicious; 0 = never
     * @param gradientNormMax a larger gradient norm is suspicious; 0 = never
     */
    public record Guard(boolean replayNonFinite, double lossSpikeZ, double gradientNormMax) {}
}
