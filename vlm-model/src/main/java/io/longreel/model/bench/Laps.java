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

    /**
     * Does the work without counting it, until code is compiled: so often at least, and for so long, each rank as often as the others.
     */
    void warmUp(int timesMin, double secondsMin, Runnable work) {
        long startNs = clockNs.getAsLong();
        for (int time = 0; time < timesMin || goesOn(startNs, secondsMin); time++) {
            work.run();
        }
    }

    /** As the first rank's clock has it. */
    private boolean goesOn(long startNs, double secondsMin) {
        boolean isEarly = (clockNs.getAsLong() - startNs) / 1e9 < secondsMin;
        double[] votes = {all.index() == 0 && isEarly ? 1 : 0};
        all.allReduceSum(votes);
        return votes[0] > 0;
    }

    void time(Runnable work) {
        all.barrier();
        long startNs = clockNs.getAsLong();
        work.run();
        all.barrier();
        add(startNs);
    }

    /** As {@link #time}, but the lap ends with the own work: what others and the barrier take does not count. */
    void timeOwn(Runnable work) {
        all.barrier();
        long startNs = clockNs.getAsLong();
        work.run();
        add(startNs);
    }

    private void add(long startNs) {
        seconds = Arrays.copyOf(seconds, seconds.length + 1);
        seconds[seconds.length - 1] = (clockNs.getAsLong() - startNs) / 1e9;
    }

    double fastest() {
        return Arrays.stream(seconds).min().orElseThrow();
    }

    double median() {
        return Median.of(seconds);
    }
}
