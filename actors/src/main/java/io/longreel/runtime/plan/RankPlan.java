package io.longreel.runtime.plan;

import java.util.Comparator;
import java.util.List;

/** The memory of one rank over a run, part after part. */
public record RankPlan(int rank, List<PlanLine> lines) {
    public RankPlan {
        lines = List.copyOf(lines);
    }

    /** The part in which the rank needs most; the first of several. */
    public PlanLine largest() {
        return lines.stream()
                .reduce((most, line) -> line.memory().total() > most.memory().total() ? line : most)
                .orElseThrow(() -> new IllegalStateException("a run must have a stage to be planned: rank=" + rank));
    }

    public long peakBytes() {
        return largest().memory().total();
    }

    /** The rank that needs most; the first of several. */
    public static RankPlan largest(List<RankPlan> plans) {
        return plans.stream()
                .max(Comparator.comparingLong(RankPlan::peakBytes)
                        .thenComparing(RankPlan::rank, Comparator.reverseOrder()))
                .orElseThrow(() -> new IllegalArgumentException("at least one rank must be planned"));
    }
}
