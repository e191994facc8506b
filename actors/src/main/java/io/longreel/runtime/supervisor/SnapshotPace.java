package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings;

/**
 * When to take snapshots in memory: after so many steps, or as often as their share of time allows. Decides nothing about results: a step has
 * the same bits with a snapshot or without. Immutable.
 *
 * @param costMs what one costs, of the slowest rank, smoothed; 0 while unknown
 * @param takenAtMs when the newest was ordered
 */
record SnapshotPace(double costMs, long takenAtMs) {
    private static final double NEWEST_SHARE = 0.3;

    static SnapshotPace initial(long nowMs) {
        return new SnapshotPace(0, nowMs);
    }

    boolean isDue(RecoverySettings settings, long globalStepAfter, long nowMs) {
        int every = settings.snapshotEverySteps();
        return every > 0 ? globalStepAfter % every == 0 : nowMs - takenAtMs >= costMs / settings.snapshotCostMax();
    }

    SnapshotPace ordered(long nowMs) {
        return new SnapshotPace(costMs, nowMs);
    }

    SnapshotPace measured(double newestMs) {
        double smoothed = costMs == 0 ? newestMs : (1 - NEWEST_SHARE) * costMs + NEWEST_SHARE * newestMs;
        return new SnapshotPace(smoothed, takenAtMs);
    }
}
