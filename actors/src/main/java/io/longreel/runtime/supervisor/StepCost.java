package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.StepTimes;
import java.util.List;

/**
 * What a committed step took.
 *
 * @param durationMs of the slowest rank
 * @param waitedShare part of the ranks' time in which they waited for each other, from 0 to 1: communication that no computation hides, and ranks that
 *     are not equally fast
 * @param snapshotMs of the rank whose snapshot took longest; 0 in a step without one
 * @param imbalance longest own work of a rank over the mean of all, without waiting, snapshots and data; 1 = even, 0 = nobody knows
 */
public record StepCost(double durationMs, double waitedShare, double snapshotMs, double imbalance) {
    /** Of a step that somebody else measured. */
    public static final StepCost UNKNOWN = new StepCost(0, 0, 0, 0);

    static StepCost of(List<StepTimes> byRank) {
        long total = byRank.stream().mapToLong(StepTimes::totalNs).sum();
        long waited = byRank.stream().mapToLong(StepTimes::waitedNs).sum();
        double meanOwnNs = byRank.stream().mapToLong(StepTimes::ownNs).average().orElse(0);
        long longestOwnNs = byRank.stream().mapToLong(StepTimes::ownNs).max().orElse(0);
        return new StepCost(
                byRank.stream().mapToLong(StepTimes::totalNs).max().orElse(0) / 1e6,
                total == 0 ? 0 : Math.min(1, (double) waited / total),
                byRank.stream().mapToLong(StepTimes::snapshotNs).max().orElse(0) / 1e6,
                meanOwnNs <= 0 ? 0 : longestOwnNs / meanOwnNs);
    }
}
