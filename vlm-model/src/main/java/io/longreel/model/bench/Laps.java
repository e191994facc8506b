package io.longreel.model.bench;

import io.longreel.transport.Communicator;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** Times of the same work, done several times by all ranks together: each lap begins and ends at a barrier. One rank's thread. */
final class Laps {
    private final LongSupplier clockNs;
    private final Communicator all;
    private double[] seconds = new double[0];

    Laps(LongSupplier clockNs, Communicator all) {
        this.clockNs = clockNs;
        this.all = all;
    }

    void time(Runnable work) {
        all.barrier();
        long startNs = clockNs.getAsLong();
        work.run();
        all.barrier();
        seconds = Arrays.copyOf(seconds, seconds.length + 1);
        seconds[seconds.length - 1] = (clockNs.getAsLong() - startNs) / 1e9;
    }

    double fastest() {
        return Arrays.stream(seconds).min().orElseThrow();
    }

    /** The upper one of the two in the middle where their number is even. */
    double median() {
        double[] sorted = seconds.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
