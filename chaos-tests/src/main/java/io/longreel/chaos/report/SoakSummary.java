package io.longreel.chaos.report;

import io.longreel.chaos.scenario.Incident;
import io.longreel.chaos.scenario.Soak;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** A soak in a few numbers. */
public final class SoakSummary {
    private SoakSummary() {}

    /** Goodput, and how long it took to notice and to go on: the middle and the 99th percentile. */
    public static String of(Soak.Result result) {
        return String.format(
                Locale.ROOT,
                "goodput %.3f (far from faults %s): %d steps in %.1f s undisturbed, %.1f s under %d faults and %d that only slow down; "
                        + "%d were noticed, after %s, next commit %s; "
                        + "%d committed steps lost, %d computed again",
                result.goodput(),
                result.calmPace().isPresent()
                        ? String.format(Locale.ROOT, "%.3f", result.calmPace().getAsDouble())
                        : "-",
                result.steps(),
                result.undisturbedMs() / 1000.0,
                result.disturbedMs() / 1000.0,
                result.incidents().size(),
                result.slowed(),
                result.incidents().stream()
                        .filter(incident -> incident.noticedMs().isPresent())
                        .count(),
                spread(result.incidents(), Times::toNotice),
                spread(result.incidents(), Times::toCommit),
                result.incidents().stream().mapToInt(Incident::stepsLost).sum(),
                result.incidents().stream().mapToInt(Incident::stepsAgain).sum());
    }

    private static String spread(List<Incident> incidents, Matrix.Measure measure) {
        long[] sorted = incidents.stream()
                .map(measure::of)
                .flatMapToLong(OptionalLong::stream)
                .sorted()
                .toArray();
        return sorted.length == 0
                ? "-"
                : "p50 %s p99 %s"
                        .formatted(
                                Matrix.seconds(OptionalLong.of(percentile(sorted, 0.5))),
                                Matrix.seconds(OptionalLong.of(percentile(sorted, 0.99))));
    }

    /** The smallest value that at least this share does not exceed. */
    static long percentile(long[] sorted, double share) {
        return sorted[(int) Math.max(0, Math.ceil(share * sorted.length) - 1)];
    }
}
