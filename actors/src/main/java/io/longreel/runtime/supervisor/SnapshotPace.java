package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings;
import java.util.ArrayList;
import java.util.List;

/**
 * When to take snapshots in memory: after so many steps, or as often as their share of time allows, and more often where faults follow each other so
 * closely that less is lost that way. Decides nothing about results: a step has the same bits with a snapshot or without. Immutable.
 *
 * <p>The first snapshot of a process costs many times what later ones do: memory is touched for the first time, what is frozen goes along, nothing is
 * compiled. Were it believed, the run would go without a newer one for minutes, and a fault would throw all of them back. So what counts is the median of
 * the last few, and a pause is at most twice as long as the one before it.
 *
 * <p>A pause of T loses T/2 to each fault and cost/T of the time to snapshots; with M from fault to fault the sum is least at T = sqrt(2 cost M) (J. W.
 * Young, Communications of the ACM 17(9), 1974). M is what the last faults show; it grows again with the time that passes without one.
 *
 * @param costsMs what the last ones cost, of the slowest rank each, oldest first
 * @param takenAtMs when the newest was ordered
 * @param pauseMostMs longest time until the next, whatever it costs; 0 before the first
 * @param faultsMs when the last faults began, oldest first
 */
record SnapshotPace(List<Double> costsMs, long takenAtMs, double pauseMostMs, List<Long> faultsMs) {
    private static final int COSTS_KEPT = 5;
    private static final int FAULTS_KEPT = 4;
    /** Right after a fault they seem to come all the time. */
    private static final long FAULT_TO_FAULT_MIN_MS = 10_000;

    SnapshotPace {
        costsMs = List.copyOf(costsMs);
        faultsMs = List.copyOf(faultsMs);
    }

    static SnapshotPace initial(long nowMs) {
        return new SnapshotPace(List.of(), nowMs, 0, List.of());
    }

    boolean isDue(RecoverySettings settings, long globalStepAfter, long nowMs) {
        int every = settings.snapshotEverySteps();
        if (every > 0) {
            return globalStepAfter % every == 0;
        }
        double pauseMs = Math.min(pauseMostMs, costMs() / settings.snapshotCostMax());
        return nowMs - takenAtMs >= Math.min(pauseMs, bestPauseMs(nowMs));
    }

    SnapshotPace ordered(long nowMs) {
        return new SnapshotPace(costsMs, nowMs, pauseMostMs, faultsMs);
    }

    SnapshotPace measured(double newestMs) {
        double pauseMs = pauseMostMs == 0 ? newestMs : 2 * pauseMostMs;
        return new SnapshotPace(newest(costsMs, newestMs, COSTS_KEPT), takenAtMs, pauseMs, faultsMs);
    }

    SnapshotPace faulted(long nowMs) {
        return new SnapshotPace(costsMs, takenAtMs, pauseMostMs, newest(faultsMs, nowMs, FAULTS_KEPT));
    }

    private static <T> List<T> newest(List<T> before, T one, int kept) {
        List<T> all = new ArrayList<>(before);
        all.add(one);
        return all.subList(Math.max(0, all.size() - kept), all.size());
    }

    /** What loses least while faults come as they did; no limit when there was none. */
    private double bestPauseMs(long nowMs) {
        if (faultsMs.isEmpty()) {
            return Double.POSITIVE_INFINITY;
        }
        double faultToFaultMs =
                Math.max(FAULT_TO_FAULT_MIN_MS, (nowMs - faultsMs.getFirst()) / (double) faultsMs.size());
        return Math.sqrt(2 * costMs() * faultToFaultMs);
    }

    /** Median, of an even number the lower one: the first is known to be too high. */
    private double costMs() {
        List<Double> ascending = costsMs.stream().sorted().toList();
        return ascending.isEmpty() ? 0 : ascending.get((ascending.size() - 1) / 2);
    }
}
