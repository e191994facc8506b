package io.longreel.chaos.sim;

import io.longreel.chaos.checker.Violation;
import io.longreel.chaos.checker.Violation.Promise;
import java.util.List;
import java.util.Optional;

/**
 * Runs simulated schedules. The same seed gives the same run, event by event.
 */
public final class Simulation {
    /** Virtual time from the last fault's end in which the run has to end. */
    private static final long PROGRESS_MS = 240_000;

    private Simulation() {}

    /**
     * What a schedule came to.
     *
     * @param violations of promises; empty: all were kept
     * @param ending of the run, in words
     * @param virtualMs how long it took
     * @param faults how many met something
     * @param trace what happened, when asked for
     */
    public record Outcome(
            long seed,
            String schedule,
            List<Violation> violations,
            String ending,
            long virtualMs,
            long events,
            int faults,
            int generations,
            List<String> trace) {
        public Outcome {
            violations = List.copyOf(violations);
            trace = List.copyOf(trace);
        }

        public boolean isKept() {
            return violations.isEmpty();
        }

        /** The command that does the same again, and shows it. */
        public String replay() {
            return "bin/longreel chaos sim --seed %d --trace".formatted(seed);
        }
    }

    /** Runs the schedule of a seed. */
    public static Outcome run(long seed, boolean isTraced) {
        return run(ScheduleMaker.of(seed), Mutant.NONE, isTraced);
    }

    static Outcome run(Schedule schedule, Mutant mutant, boolean isTraced) {
        SimCluster cluster = new SimCluster(schedule, mutant, isTraced);
        FaultInjector injector = new FaultInjector(cluster);
        cluster.start();
        injector.arm();
        cluster.time()
                .run(
                        () -> cluster.ending().isPresent()
                                || !cluster.checks().violations().isEmpty(),
                        schedule.healedMs() + PROGRESS_MS);
        judge(cluster, schedule);
        Optional<SimCluster.Ending> ending = cluster.ending();
        return new Outcome(
                schedule.seed(),
                schedule.toString(),
                cluster.checks().violations(),
                ending.map(e -> "exit code %d: %s".formatted(e.exitCode(), e.message()))
                        .orElse("none"),
                cluster.time().nowMs(),
                cluster.time().events(),
                injector.fired(),
                cluster.checks().newestGeneration(),
                cluster.trace());
    }

    /** A node that leaves stops the run when it cannot go on without it. */
    private static boolean mayStop(Schedule schedule) {
        return schedule.faults().stream().anyMatch(Fault.Leave.class::isInstance);
    }

    private static boolean mayFail(Schedule schedule, String message) {
        boolean isDiskFull = schedule.faults().stream().anyMatch(Fault.FullDisk.class::isInstance);
        return (!schedule.isElastic() && message.contains("nodes are left"))
                || (mayStop(schedule) && isDiskFull && message.contains("could not be saved"));
    }

    private static void judge(SimCluster cluster, Schedule schedule) {
        if (!cluster.checks().violations().isEmpty()) {
            return;
        }
        Optional<SimCluster.Ending> ending = cluster.ending();
        if (ending.isEmpty()) {
            cluster.checks()
                    .broken(
                            Promise.PROGRESS,
                            "the run has not ended %d s after the last fault, with %d of %d steps committed, in %s"
                                    .formatted(
                                            PROGRESS_MS / 1000,
                                            cluster.checks().committed(),
                                            schedule.totalSteps(),
                                            cluster.current().state().phase()));
        } else if (ending.get().exitCode() == 0) {
            boolean wasStopped = ending.get().message().startsWith("stopped ") && mayStop(schedule);
            cluster.checks().finished(wasStopped ? cluster.disk().savedSteps() : schedule.totalSteps());
            cluster.checks().reread(cluster.disk().journal());
        } else if (!mayFail(schedule, ending.get().message())) {
            cluster.checks()
                    .broken(
                            Promise.PROGRESS,
                            "the run gave up: %s".formatted(ending.get().message()));
        }
    }
}
