package io.longreel.config.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Seconds as a sum of counts times a price each: the prices by which measured seconds are missed least, each by its share, and none of them below zero. Pure.
 */
public final class CostFit {
    private CostFit() {}

    /** @param counts of what costs, in the order of the prices */
    public record Sample(double seconds, double... counts) {}

    /** Prices; a count whose price would fall below zero gets none, and the others are fitted anew. */
    public static double[] prices(List<Sample> samples) {
        int counts = samples.getFirst().counts().length;
        List<Integer> used = new ArrayList<>(IntStream.range(0, counts).boxed().toList());
        while (true) {
            double[] prices = solve(samples, used);
            int least = IntStream.range(0, prices.length)
                    .reduce((a, b) -> prices[a] <= prices[b] ? a : b)
                    .orElseThrow();
            if (prices[least] >= 0 || used.size() == 1) {
                double[] all = new double[counts];
                for (int i = 0; i < prices.length; i++) {
                    all[used.get(i)] = Math.max(0, prices[i]);
                }
                return all;
            }
            used.remove(least);
        }
    }

    /** The normal equations of {@code sum of count / seconds * price = 1}. */
    private static double[] solve(List<Sample> samples, List<Integer> used) {
        int n = used.size();
        // Counts differ by many powers of ten: each in units of its largest.
        double[] units = new double[n];
        for (int i = 0; i < n; i++) {
            int count = used.get(i);
            units[i] = samples.stream()
                    .mapToDouble(s -> s.counts()[count] / s.seconds())
                    .max()
                    .orElseThrow();
        }
        double[][] a = new double[n][n];
        double[] b = new double[n];
        for (Sample sample : samples) {
            double[] row = new double[n];
            for (int i = 0; i < n; i++) {
                row[i] = sample.counts()[used.get(i)] / sample.seconds() / units[i];
            }
            for (int i = 0; i < n; i++) {
                b[i] += row[i];
                for (int j = 0; j < n; j++) {
                    a[i][j] += row[i] * row[j];
                }
            }
        }
        double[] scaled = LinearSystem.solve(a, b);
        return Arrays.stream(IntStream.range(0, n).toArray())
                .mapToDouble(i -> scaled[i] / units[i])
                .toArray();
    }
}
