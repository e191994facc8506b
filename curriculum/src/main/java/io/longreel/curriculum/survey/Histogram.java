package io.longreel.curriculum.survey;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lengths by bins: of one width where the longest is at most {@value #NARROW} times the shortest, else each twice as wide as the one before it. Bins
 * follow one another; the first and the last are not empty.
 */
public record Histogram(List<Bin> bins) {
    private static final int NARROW = 16;
    private static final int BINS_WANTED = 10;

    /** Lengths in {@code [from, to)}. */
    public record Bin(long from, long to, long count) {}

    public Histogram {
        bins = List.copyOf(bins);
    }

    /** None may be negative. */
    public static Histogram of(long[] lengths) {
        if (lengths.length == 0) {
            return new Histogram(List.of());
        }
        long min = Arrays.stream(lengths).min().orElseThrow();
        long max = Arrays.stream(lengths).max().orElseThrow();
        List<Bin> bins = new ArrayList<>();
        long width = roundWidth((max - min) / (double) BINS_WANTED);
        boolean isNarrow = max <= NARROW * min;
        long from = isNarrow ? min / width * width : Long.highestOneBit(min);
        while (from <= max) {
            long to = isNarrow ? from + width : Math.max(1, 2 * from);
            bins.add(bin(lengths, from, to));
            from = to;
        }
        return new Histogram(bins);
    }

    private static Bin bin(long[] lengths, long from, long to) {
        long count = Arrays.stream(lengths)
                .filter(length -> length >= from && length < to)
                .count();
        return new Bin(from, to, count);
    }

    /** The next of 1, 2, 5, 10, 20, 50, ... */
    private static long roundWidth(double atLeast) {
        long unit = 1;
        while (true) {
            for (int factor : new int[] {1, 2, 5}) {
                if (factor * unit >= atLeast) {
                    return factor * unit;
                }
            }
            unit *= 10;
        }
    }
}
