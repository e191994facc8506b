package io.longreel.config.plan;

import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Seconds as a sum of counts times a price each: the prices by which measured seconds are missed least, each by its share, and none of them below zero. Pure.
 */
public final class CostFit {
    /** What is left of a slope where a price has found its place. */
    private static final double FLAT = 1e-12;

    private CostFit() {}

    /** @param counts of what costs, in the order of the prices */
    public record Sample(double seconds, double... counts) {}

    /**
     * What was known of the prices before.
     *
     * @param prices 0 = nothing
     * @param weight of missing one of them by its whole, where missing a sample by its whole weighs 1
     */
    public record Guess(double weight, double... prices) {}

    /** Prices of which nothing was known before. */
    public static double[] prices(List<Sample> samples) {
        return prices(samples, new Guess(0, new double[samples.getFirst().counts().length]));
    }

    public static double[] prices(List<Sample> samples, Guess guess) {
        // Counts differ by many powers of ten: each in units of its largest.
        int n = guess.prices().length;
        double[] units = new double[n];
        for (Sample sample : samples) {
            for (int i = 0; i < n; i++) {
                units[i] = Math.max(units[i], Math.abs(sample.counts()[i] / sample.seconds()));
            }
        }
        double[][] a = new double[n][n];
        double[] b = new double[n];
        for (Sample sample : samples) {
            double[] row = new double[n];
            for (int i = 0; i < n; i++) {
                row[i] = units[i] == 0 ? 0 : sample.counts()[i] / sample.seconds() / units[i];
            }
            add(a, b, row, 1);
        }
        for (int i = 0; i < n; i++) {
            if (guess.prices()[i] > 0 && units[i] > 0) {
                double[] row = new double[n];
                row[i] = 1 / (guess.prices()[i] * units[i]);
                add(a, b, row, guess.weight());
            }
        }
        double[] scaled = notNegative(a, b);
        for (int i = 0; i < n; i++) {
            scaled[i] = units[i] == 0 ? guess.prices()[i] : scaled[i] / units[i];
        }
        return scaled;
    }

    /** The normal equations of {@code row * x = 1}. */
    private static void add(double[][] a, double[] b, double[] row, double weight) {
        for (int i = 0; i < row.length; i++) {
            b[i] += weight * weight * row[i];
            for (int j = 0; j < row.length; j++) {
                a[i][j] += weight * weight * row[i] * row[j];
            }
        }
    }

    /** The least of {@code x a x / 2 - b x} without a number below zero (Lawson and Hanson, Solving Least Squares Problems, chapter 23). */
    private static double[] notNegative(double[][] a, double[] b) {
        double[] x = new double[b.length];
        SortedSet<Integer> free = new TreeSet<>();
        while (true) {
            int steepest = steepest(a, b, x, free);
            if (steepest < 0) {
                return x;
            }
            free.add(steepest);
            double[] next = solve(a, b, free);
            while (free.stream().anyMatch(i -> next[i] <= 0)) {
                double way = 1;
                for (int i : free) {
                    way = next[i] <= 0 ? Math.min(way, x[i] / (x[i] - next[i])) : way;
                }
                for (int i : List.copyOf(free)) {
                    x[i] += way * (next[i] - x[i]);
                    if (next[i] <= 0 && x[i] <= FLAT) {
                        x[i] = 0;
                        free.remove(i);
                    }
                }
                double[] again = solve(a, b, free);
                System.arraycopy(again, 0, next, 0, next.length);
            }
            System.arraycopy(next, 0, x, 0, x.length);
        }
    }

    /** Of the numbers that are zero, the one that gains most by growing; -1: none does. */
    private static int steepest(double[][] a, double[] b, double[] x, SortedSet<Integer> free) {
        int steepest = -1;
        double most = FLAT;
        for (int i = 0; i < b.length; i++) {
            double slope = b[i];
            for (int j = 0; j < b.length; j++) {
                slope -= a[i][j] * x[j];
            }
            if (!free.contains(i) && slope > most) {
                most = slope;
                steepest = i;
            }
        }
        return steepest;
    }

    /** Those that are free solve their equations, the others are zero. */
    private static double[] solve(double[][] a, double[] b, SortedSet<Integer> free) {
        int[] index = free.stream().mapToInt(Integer::intValue).toArray();
        double[][] some = new double[index.length][];
        for (int i = 0; i < index.length; i++) {
            int row = index[i];
            some[i] = Arrays.stream(index).mapToDouble(column -> a[row][column]).toArray();
        }
        double[] solved = LinearSystem.solve(
                some, Arrays.stream(index).mapToDouble(i -> b[i]).toArray());
        double[] whole = new double[b.length];
        for (int i = 0; i < index.length; i++) {
            whole[index[i]] = solved[i];
        }
        return whole;
    }
}
