package io.longreel.curriculum.dataset;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The random streams of a run as a tree: the root is the run's seed, a path of numbers leads to a leaf, and each leaf has a stream of its
 * own. Who asks, when, and on which rank makes no difference, so every rank of every mesh draws the same sample for (stage, step, sample),
 * and a resumed run draws what it would have drawn.
 */
public record SeedPath(long state) {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    public static SeedPath root(long seed) {
        return new SeedPath(mix(seed));
    }

    /** The sub-tree of a named purpose. */
    public SeedPath child(String purpose) {
        SeedPath path = this;
        for (int i = 0; i < purpose.length(); i++) {
            path = path.child(purpose.charAt(i));
        }
        return path;
    }

    public SeedPath child(long number) {
        // Two rounds: the state of a parent is no state of its children's streams.
        return new SeedPath(mix(state + GOLDEN_GAMMA * (2 * number + 1)) ^ mix(number));
    }

    /** A fresh generator at the start of this leaf's stream. */
    public RandomGenerator generator() {
        return new SplittableRandom(state);
    }

    /** Finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
