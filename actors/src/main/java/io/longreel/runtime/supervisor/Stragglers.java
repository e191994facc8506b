package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.StepTimes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which ranks compute slower than the others. A rank's score is the median of all ranks' own time (without waiting for peers and samples) over its own,
 * smoothed over steps: 1 = as fast as most, 0.5 = takes twice as long. Immutable.
 *
 * @param ownNs smoothed own time by rank; empty before the first step
 * @param steps that were looked at
 * @param named ranks that were told about, until they are better
 */
record Stragglers(List<Double> ownNs, int steps, List<Integer> named) {
    /** Below it a rank is named. */
    static final double SCORE_MIN = 0.7;
    /** At and above it a rank that was named is forgiven. */
    private static final double SCORE_GOOD = 0.85;

    private static final int STEPS_NEEDED = 20;
    private static final double NEWEST_SHARE = 0.1;

    Stragglers {
        ownNs = List.copyOf(ownNs);
        named = List.copyOf(named);
    }

    static Stragglers none() {
        return new Stragglers(List.of(), 0, List.of());
    }

    Stragglers with(List<StepTimes> byRank) {
        List<Double> next = new ArrayList<>();
        for (int rank = 0; rank < byRank.size(); rank++) {
            StepTimes times = byRank.get(rank);
            double own = Math.max(1, times.ownNs());
            boolean isKnown = ownNs.size() == byRank.size();
            next.add(isKnown ? (1 - NEWEST_SHARE) * ownNs.get(rank) + NEWEST_SHARE * own : own);
        }
        double median = median(next);
        List<Integer> stillSlow = named.stream()
                .filter(rank -> rank < next.size() && median / next.get(rank) < SCORE_GOOD)
                .toList();
        return new Stragglers(next, steps + 1, stillSlow);
    }

    /** Ranks that are too slow and were not told about yet, with their scores. */
    Map<Integer, Double> news() {
        Map<Integer, Double> slow = new TreeMap<>();
        if (steps >= STEPS_NEEDED) {
            double median = median(ownNs);
            for (int rank = 0; rank < ownNs.size(); rank++) {
                double score = median / ownNs.get(rank);
                if (score < SCORE_MIN && !named.contains(rank)) {
                    slow.put(rank, score);
                }
            }
        }
        return slow;
    }

    /** Own time of the slowest rank in a usual step, ms; empty until enough steps are known. */
    OptionalDouble slowestMs() {
        return steps < STEPS_NEEDED
                ? OptionalDouble.empty()
                : ownNs.stream().mapToDouble(ns -> ns / 1e6).max();
    }

    /** These were told about. */
    Stragglers told(Set<Integer> ranks) {
        List<Integer> all = new ArrayList<>(named);
        all.addAll(ranks);
        return new Stragglers(ownNs, steps, all);
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(d -> d).sorted().toArray();
        // The lower one of an even number: where half of the ranks are slow, slow is not what is usual.
        return sorted[(sorted.length - 1) / 2];
    }

    @Override
    public String toString() {
        return "Stragglers[steps=%d ownNs=%s named=%s]".formatted(steps, Arrays.toString(ownNs.toArray()), named);
    }
}
