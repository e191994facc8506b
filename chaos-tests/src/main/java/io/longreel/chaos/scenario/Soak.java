package io.longreel.chaos.scenario;

import io.longreel.chaos.fault.OrderFile;
import io.longreel.chaos.fault.OrderFile.Order;
import io.longreel.chaos.fault.Strike;
import io.longreel.chaos.process.ChildJvm;
import io.longreel.chaos.process.GrowingFile;
import io.longreel.chaos.process.Job;
import io.longreel.chaos.process.ObservedRun;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.Words;
import io.longreel.curriculum.eval.StepMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A job under fault after fault, for a given time: each kind, rank and phase is drawn from a seed, and strikes at the next step after its time has
 * come. The same job is trained undisturbed first, for as long: it gives the bits that the disturbed one must have, and the time that they should
 * take. One thread.
 */
public final class Soak {
    /** Where it may strike a rank of any job. */
    private static final List<Phase> PHASES =
            List.of(Phase.IDLE, Phase.DATA, Phase.ALL_TO_ALL, Phase.OPTIMIZER, Phase.SNAPSHOT, Phase.VOTE);

    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration END_LIMIT = Duration.ofMinutes(3);
    /**
     * What lasts, lasts longer than {@code recovery.hang-timeout}, as a shorter one is only a pause. A rank that hangs in a living process is over it before it is
     * thought stuck.
     */
    private static final long LASTING_MS = 4_000;
    /** A rank that computes something else for a time is not to be replaced. */
    private static final long SLOW_MS = 1_000;

    /** Behind a strike; the ranks are back by then, though a process that was started for it may still be warming up. */
    private static final long CALM_AFTER_MS = 8_000;

    private static final int STOPPED_BY_HAND = 143;

    /**
     * What is asked for.
     *
     * @param source configuration of the job, a file or a preset; it must not be over before the time is
     * @param settings {@code key=value}, on top of it
     * @param kinds what a fault may be: one of each in every round, in an order that is drawn anew
     * @param every from fault to fault
     * @param lasts how long the undisturbed run goes on; the disturbed one trains the same steps
     */
    public record Plan(
            String source,
            List<String> settings,
            Path directory,
            List<Action> kinds,
            Duration every,
            Duration lasts,
            long seed) {
        public Plan {
            settings = List.copyOf(settings);
            kinds = List.copyOf(kinds);
            if (kinds.isEmpty()) {
                throw new IllegalArgumentException("no kind of fault to draw from");
            }
        }
    }

    /**
     * What came out.
     *
     * @param goodput time of the steps undisturbed over their time disturbed
     * @param calmPace the same for the steps that are far behind a strike: less than 1 is a machine that became slower, or something that a recovery
     *     leaves behind; empty where no step is
     * @param slowed faults that only make a rank slow: nothing to be noticed, and no incidents
     * @param complaints what is not as it must be
     */
    public record Result(
            int steps,
            long undisturbedMs,
            long disturbedMs,
            double goodput,
            OptionalDouble calmPace,
            List<Incident> incidents,
            int slowed,
            List<String> complaints) {
        public Result {
            incidents = List.copyOf(incidents);
            complaints = List.copyOf(complaints);
        }
    }

    private final Plan plan;
    private final RunConfig config;
    private final InstantSource wallClock;
    private final SplittableRandom random;
    private final Consumer<String> told;
    /** Kinds that are still to come in this round. */
    private final List<Action> round = new ArrayList<>();

    private Soak(Plan plan, InstantSource wallClock, Consumer<String> told) {
        this.told = told;
        this.plan = plan;
        this.config = RunConfigLoader.load(plan.source(), plan.settings());
        this.wallClock = wallClock;
        this.random = new SplittableRandom(plan.seed());
    }

    /**
     * Trains both runs and compares them.
     *
     * @param told of what happens, a line each, in the calling thread
     */
    public static Result run(Plan plan, InstantSource wallClock, Consumer<String> told) {
        Soak soak = new Soak(plan, wallClock, told);
        ObservedRun undisturbed = soak.undisturbed();
        int steps = undisturbed.committedSteps();
        told.accept("undisturbed: %d steps; now the same under faults".formatted(steps));
        return soak.disturbed(undisturbed, steps);
    }

    private ObservedRun undisturbed() {
        try (Job job = Job.train(plan.directory(), "undisturbed", wallClock, List.of(), arguments())) {
            job.awaitSteps(1, START_LIMIT);
            long startMs = wallClock.millis();
            job.await(
                    "the end of the undisturbed time",
                    plan.lasts().plus(START_LIMIT),
                    () -> wallClock.millis() - startMs >= plan.lasts().toMillis());
            ChildJvm.Outcome end = stop(job);
            if (end.exitCode() != STOPPED_BY_HAND) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL,
                        "the undisturbed run ended by itself with exit code %d%s%n%s"
                                .formatted(
                                        end.exitCode(),
                                        end.exitCode() == 0 ? ": name a longer job, or less time" : "",
                                        job.story()));
            }
            return job.run();
        }
    }

    private Result disturbed(ObservedRun undisturbed, int steps) {
        List<String> arguments = arguments("chaos.orders=true", "recovery.quarantine.losses=1000");
        try (Job job = Job.train(plan.directory(), "disturbed", wallClock, List.of(), arguments)) {
            job.awaitSteps(1, START_LIMIT);
            OrderFile orders = new OrderFile(job.run().root());
            GrowingFile metrics = new GrowingFile(job.run().root().resolve("metrics.jsonl"));
            long startMs = wallClock.millis();
            long[] ordered = {0};
            job.await("step " + steps, plan.lasts().multipliedBy(4).plus(START_LIMIT), () -> {
                long dueMs = startMs + (ordered[0] + 1) * plan.every().toMillis();
                boolean isOver = metrics.lines() >= steps;
                if (!isOver && wallClock.millis() >= dueMs) {
                    Order order = draw(StepMetrics.fromJsonLine(metrics.last()));
                    orders.add(order);
                    ordered[0]++;
                    told.accept("%d s, %d of %d steps: fault %d, %s of rank %d at %s"
                            .formatted(
                                    (wallClock.millis() - startMs) / 1000,
                                    metrics.lines(),
                                    steps,
                                    ordered[0],
                                    Words.of(order.action()),
                                    order.rank(),
                                    Words.of(order.phase())));
                }
                return isOver;
            });
            ChildJvm.Outcome end = stop(job);
            return result(undisturbed, job, steps, ordered[0], end);
        }
    }

    /** Behind the newest committed step: what strikes one that is being computed would depend on who reads the file first. */
    private Order draw(StepMetrics last) {
        if (round.isEmpty()) {
            round.addAll(plan.kinds());
        }
        Action action = round.remove(random.nextInt(round.size()));
        Phase phase = switch (action) {
            case NAN -> Phase.BACKWARD;
            case BIT_FLIP -> Phase.IDLE; // where the tensors at hand are weights
            default -> PHASES.get(random.nextInt(PHASES.size()));
        };
        int rank = random.nextInt(config.mesh().worldSize());
        long lastsMs = action == Action.SLOW ? SLOW_MS : LASTING_MS;
        return new Order(action, phase, 1, rank, last.stageIndex(), last.step() + 2, lastsMs);
    }

    private Result result(ObservedRun undisturbed, Job job, int steps, long ordered, ChildJvm.Outcome end) {
        List<StepMetrics> expected = undisturbed.steps().subList(0, steps);
        List<StepMetrics> actual =
                job.run().steps().subList(0, Math.min(steps, job.run().committedSteps()));
        List<String> complaints = new ArrayList<>(Checks.differences(expected, actual));
        complaints.addAll(missed(job.run().strikes(), ordered));
        if (end.exitCode() != STOPPED_BY_HAND) {
            complaints.add("the run ended by itself with exit code %d after %d steps%n%s"
                    .formatted(end.exitCode(), job.run().committedSteps(), job.story()));
        }
        long undisturbedMs = durationMs(expected);
        long disturbedMs = durationMs(actual);
        return new Result(
                actual.size(),
                undisturbedMs,
                disturbedMs,
                undisturbedMs / (double) Math.max(1, disturbedMs),
                calmPace(expected, actual, job.run().strikes()),
                Timeline.of(job.run(), job.interventions()),
                (int) job.run().strikes().stream()
                        .filter(strike -> strike.action() == Action.SLOW)
                        .count(),
                complaints);
    }

    /** Faults that were ordered and did not strike; the last one may have been for a step behind the end. */
    static List<String> missed(List<Strike> strikes, long ordered) {
        Set<Integer> struck = strikes.stream().map(Strike::fault).collect(Collectors.toSet());
        return IntStream.range(0, (int) Math.max(0, ordered - 1))
                .filter(fault -> !struck.contains(fault))
                .mapToObj(fault -> "fault %d of %d did not strike".formatted(fault + 1, ordered))
                .toList();
    }

    static OptionalDouble calmPace(List<StepMetrics> expected, List<StepMetrics> actual, List<Strike> strikes) {
        NavigableSet<Long> struckMs = new TreeSet<>();
        strikes.forEach(strike -> struckMs.add(strike.atMs()));
        long undisturbedMs = 0;
        long disturbedMs = 0;
        for (int i = 1; i < actual.size(); i++) {
            long beganMs = actual.get(i - 1).timestamp().toEpochMilli();
            // The newest strike before the step's end: one in the midst of it disturbs it, too.
            Long newestMs = struckMs.floor(actual.get(i).timestamp().toEpochMilli());
            if (newestMs == null || beganMs - newestMs >= CALM_AFTER_MS) {
                undisturbedMs += durationMs(expected.subList(i - 1, i + 1));
                disturbedMs += durationMs(actual.subList(i - 1, i + 1));
            }
        }
        return disturbedMs == 0 ? OptionalDouble.empty() : OptionalDouble.of(undisturbedMs / (double) disturbedMs);
    }

    private static long durationMs(List<StepMetrics> steps) {
        return Duration.between(steps.getFirst().timestamp(), steps.getLast().timestamp())
                .toMillis();
    }

    private List<String> arguments(String... own) {
        List<String> arguments = new ArrayList<>(List.of(plan.source()));
        plan.settings().forEach(setting -> arguments.addAll(List.of("--set", setting)));
        for (String setting : own) {
            arguments.addAll(List.of("--set", setting));
        }
        return arguments;
    }

    private static ChildJvm.Outcome stop(Job job) {
        job.seed().terminate();
        return job.outcome(END_LIMIT);
    }
}
