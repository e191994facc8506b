package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings;
import java.util.ArrayList;
import java.util.List;

/**
 * When to take snapshots in memory: after so many steps, or as often as their share of time allows. Decides nothing about results: a step has
 * the same bits with a snapshot or without. Immutable.
 *
 * <p>The first snapshot of a process costs many times what later ones do: memory is touched for the first time, what is frozen goes along, nothing is
 * compiled. Were it believed, the run would go without a newer one for minutes, and a fault would throw all of them back. So what counts is the median of
 * the last few, and a pause is at most twice as long as the one before it.
 *
 * @param costsMs what the last ones cost, of the slowest rank each, oldest first
 * @param takenAtMs when the newest was ordered
 * @param pauseMostMs longest time until the next, whatever it costs; 0 before the first
 */
record SnapshotPace(List<Double> costsMs, long takenAtMs, double pauseMostMs) {
    private static final int COSTS_KEPT = 5;

    SnapshotPace {
        costsMs = List.copyOf(costsMs);
    }

    static SnapshotPace initial(long nowMs) {
        return new SnapshotPace(List.of(), nowMs, 0);
    }

    boolean isDue(RecoverySettings settings, long globalStepAfter, long nowMs) {
        int every = settings.snapshotEverySteps();
        if (every > 0) {
            return globalStepAfter % every == 0;
        }
        double pauseMs = Math.min(pauseMostMs, costMs() / settings.snapshotCostMax());
        return nowMs - takenAtMs >= pauseMs;
    }

    SnapshotPace ordered(long nowMs) {
        return new SnapshotPace(costsMs, nowMs, pauseMostMs);
    }

    SnapshotPace measured(double newestMs) {
        List<Double> costs = new ArrayList<>(costsMs);
        costs.add(newestMs);
        if (costs.size() > COSTS_KEPT) {
            costs.removeFirst();
        }
        double pauseMs = pauseMostMs == 0 ? newestMs : 2 * pauseMostMs;
        return new SnapshotPace(costs, takenAtMs, pauseMs);
    }

    /** Median, of an even number the lower one: the first is known to be too high. */
    private double costMs() {
        List<Double> ascending = costsMs.stream().sorted().toList();
        return ascending.isEmpty() ? 0 : ascending.get((ascending.size() - 1) / 2);
    }
}
