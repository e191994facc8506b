package io.longreel.curriculum.corpus;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Shares out whole things by weight with the largest remainder (Hamilton): no share is off by one or more. Pure. */
final class Shares {
    private Shares() {}

    /** Sums to {@code total}; of equal remainders the first wins. */
    static long[] of(long total, double[] weights) {
        double sum = Arrays.stream(weights).sum();
        long[] shares = new long[weights.length];
        double[] remainders = new double[weights.length];
        for (int i = 0; i < weights.length; i++) {
            double quota = total * (weights[i] / sum);
            shares[i] = (long) Math.floor(quota);
            remainders[i] = quota - shares[i];
        }
        long missing = total - Arrays.stream(shares).sum();
        IntStream.range(0, weights.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -remainders[i]))
                .limit(Math.max(0, missing))
                .forEach(i -> shares[i]++);
        return shares;
    }
}
