package io.longreel.chaos.sim;

import java.util.List;
import java.util.SplittableRandom;

/** What is left to chance in a schedule: the same seed draws the same. Parts that draw have their own, so that one more draw in one part moves no other. */
final class Chance {
    private final long seed;
    private final SplittableRandom random;

    Chance(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** An independent source for a part of the simulation. */
    Chance of(String part) {
        long mixed = seed;
        for (int i = 0; i < part.length(); i++) {
            mixed = mixed * 0x9E3779B97F4A7C15L + part.charAt(i);
        }
        return new Chance(mixed);
    }

    /** From {@code least} to {@code most}, both included. */
    long between(long least, long most) {
        return least + random.nextLong(most - least + 1);
    }

    int between(int least, int most) {
        return (int) between((long) least, (long) most);
    }

    boolean happens(double probability) {
        return random.nextDouble() < probability;
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    long nextLong() {
        return random.nextLong();
    }
}
