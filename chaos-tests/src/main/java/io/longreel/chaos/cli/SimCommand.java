package io.longreel.chaos.cli;

import io.longreel.chaos.sim.Simulation;
import io.longreel.chaos.sim.Simulation.Outcome;
import io.longreel.config.RuntimeFailure;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos sim}: the protocol itself, under virtual time. */
@Command(
        name = "sim",
        description =
                "Plays drawn schedules of faults on a simulated cluster, in one thread and under virtual time, and judges them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class SimCommand implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--seed", defaultValue = "1", description = "First schedule (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--schedules",
            paramLabel = "N",
            defaultValue = "1",
            description = "So many schedules, seed after seed (default: ${DEFAULT-VALUE}).")
    private int schedules;

    @Option(names = "--trace", description = "Shows what happens, event by event: the same for the same seed.")
    private boolean isTraced;

    @Override
    public Integer call() {
        if (schedules < 1) {
            throw RuntimeFailure.config("--schedules must be at least 1, not " + schedules);
        }
        PrintWriter out = spec.commandLine().getOut();
        int broken = 0;
        long faults = 0;
        long virtualMs = 0;
        for (long next = seed; next < seed + schedules; next++) {
            Outcome outcome = Simulation.run(next, isTraced);
            faults += outcome.faults();
            virtualMs += outcome.virtualMs();
            if (isTraced || schedules == 1) {
                outcome.trace().forEach(out::println);
                out.println(outcome.schedule());
                out.println(outcome.ending());
            }
            if (!outcome.isKept()) {
                broken++;
                outcome.violations().forEach(out::println);
                out.println("again: " + outcome.replay());
            }
            out.flush();
        }
        out.printf(
                "%d schedules, seeds %d to %d: %d faults in %d s of virtual time, %d broke a promise%n",
                schedules, seed, seed + schedules - 1, faults, virtualMs / 1000, broken);
        out.flush();
        return broken == 0 ? OK : FAILED;
    }
}
