package io.longreel.curriculum.survey;

import java.util.Arrays;

/** How some numbers lie. Median and 95th percentile are numbers among them (nearest rank). Of none all is 0. */
public record Spread(long count, long min, long median, double mean, long p95, long max, long total) {
    public static Spread of(long[] values) {
        if (values.length == 0) {
            return new Spread(0, 0, 0, 0, 0, 0, 0);
        }
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        long total = Arrays.stream(sorted).sum();
        return new Spread(
                sorted.length,
                sorted[0],
                percentile(sorted, 50),
                (double) total / sorted.length,
                percentile(sorted, 95),
                sorted[sorted.length - 1],
                total);
    }

    private static long percentile(long[] sorted, int percent) {
        return sorted[(int) (((long) sorted.length * percent + 99) / 100) - 1];
    }
}
