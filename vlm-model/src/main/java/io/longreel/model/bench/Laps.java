package io.longreel.model.bench;

import io.longreel.transport.Communicator;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** Times of the same work, done several times by all ranks together: each lap begins and ends at a barrier. One rank's thread. */
final class Laps {
    private static final double RESTING_SHARE = 0.1;
    private static final int WINDOWS_MAX = 30;

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

    /**
     * As {@link #warmUp}, and then on until the JVM's compilers rest: with many ranks on few cores they get little of them, and half a minute passes before all of a step is compiled. A
     * window is a third of the least time; it ends when they worked for a tenth of one at most.
     */
    void warmUpUntilCompiled(int timesMin, double secondsMin, Runnable work) {
        warmUp(timesMin, secondsMin, work);
        boolean isBusy = true;
        for (int window = 0; window < WINDOWS_MAX && isBusy; window++) {
            long startNs = clockNs.getAsLong();
            double compiledBefore = compiledSeconds();
            warmUp(timesMin, secondsMin / 3, work);
            double share = (compiledSeconds() - compiledBefore) / ((clockNs.getAsLong() - startNs) / 1e9);
            isBusy = agreed(share > RESTING_SHARE);
        }
    }

    /** What compilers have worked so far, all together; 0 where the JVM does not say. */
    private static double compiledSeconds() {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        return compiler != null && compiler.isCompilationTimeMonitoringSupported()
                ? compiler.getTotalCompilationTime() / 1e3
                : 0;
    }

    /** As the first rank's clock has it. */
    private boolean goesOn(long startNs, double secondsMin) {
        return agreed((clockNs.getAsLong() - startNs) / 1e9 < secondsMin);
    }

    /** What the first rank says. */
    private boolean agreed(boolean own) {
        double[] votes = {all.index() == 0 && own ? 1 : 0};
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
