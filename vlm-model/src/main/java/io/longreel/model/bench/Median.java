package io.longreel.model.bench;

import java.util.Arrays;

/** The value in the middle. Stateless. */
public final class Median {
    private Median() {}

    /** The upper one of the two in the middle where their number is even; there must be one. */
    public static double of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
