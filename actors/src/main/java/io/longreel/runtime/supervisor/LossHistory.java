package io.longreel.runtime.supervisor;

import java.util.ArrayList;
import java.util.List;

/** Newest committed losses, to tell a spike. Immutable; short, so that a copy costs nothing. */
record LossHistory(List<Double> losses) {
    private static final int KEPT = 64;
    private static final int NEEDED = 16;

    LossHistory {
        losses = List.copyOf(losses);
    }

    static LossHistory empty() {
        return new LossHistory(List.of());
    }

    LossHistory with(double loss) {
        List<Double> next = new ArrayList<>(losses.subList(Math.max(0, losses.size() - KEPT + 1), losses.size()));
        next.add(loss);
        return new LossHistory(next);
    }

    /** Standard deviations by which a loss stands above the recent ones; 0 while too few are known. */
    double spike(double loss) {
        if (losses.size() < NEEDED) {
            return 0;
        }
        double mean = losses.stream().mapToDouble(d -> d).average().orElse(0);
        double variance =
                losses.stream().mapToDouble(d -> (d - mean) * (d - mean)).sum() / (losses.size() - 1);
        return (loss - mean) / Math.max(Math.sqrt(variance), 1e-9);
    }
}
