package io.longreel.config;

import java.time.Duration;

/** Sizes and durations as they are written in a configuration: a whole number of the largest unit that is exact. Pure. */
final class Units {
    private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Units() {}

    static String size(long bytes) {
        long number = bytes;
        int unit = 0;
        while (unit < SIZES.length - 1 && number != 0 && number % 1024 == 0) {
            number /= 1024;
            unit++;
        }
        return number + " " + SIZES[unit];
    }

    static String duration(Duration duration) {
        long ns = duration.toNanos();
        if (ns % 1_000_000_000 == 0) {
            return ns / 1_000_000_000 + " s";
        }
        return ns % 1_000_000 == 0 ? ns / 1_000_000 + " ms" : ns + " ns";
    }
}
