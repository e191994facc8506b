package io.longreel.chaos.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.longreel.chaos.checker.Violation.Promise;
import io.longreel.chaos.sim.Fault.Direction;
import io.longreel.chaos.sim.Simulation.Outcome;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every protocol that is broken on purpose is caught, and by a checker that says what is broken; the right one is not, in the same schedule. */
class MutantSimTest {
    private static final int SCHEDULES_MAX = 400;

    @ParameterizedTest
    @EnumSource(value = Mutant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchAProtocolThatIsBroken(Mutant mutant) {
        for (long seed = 1; seed <= SCHEDULES_MAX; seed++) {
            Schedule schedule = scheduleFor(mutant, seed);
            Outcome broken = Simulation.run(schedule, mutant, false);
            if (!broken.isKept()) {
                System.out.printf(
                        "%s is caught with seed %d: %s%n",
                        mutant, seed, broken.violations().getFirst());
                Promise promise = broken.violations().getFirst().promise();
                assertTrue(promisesOf(mutant).contains(promise), broken::toString);
                Outcome right = Simulation.run(schedule, Mutant.NONE, false);
                assertTrue(right.isKept(), () -> "the schedule itself cannot be survived: " + right);
                return;
            }
        }
        fail("%s was not caught in %d schedules".formatted(mutant, SCHEDULES_MAX));
    }

    private static Set<Promise> promisesOf(Mutant mutant) {
        return switch (mutant) {
            case NONE -> Set.of();
            case DROPPED_FENCE, COMMIT_WITHOUT_ALL_VOTES, VOTES_NOT_COMPARED -> Set.of(Promise.ALL_VOTES);
            case COMMIT_BEFORE_JOURNAL -> Set.of(Promise.JOURNAL_FIRST);
            case SNAPSHOT_DROPPED_EARLY -> Set.of(Promise.JOURNAL_FIRST, Promise.SNAPSHOT_KEPT);
            case SNAPSHOT_NOT_SENT -> Set.of(Promise.SNAPSHOT_KEPT);
            case RESTORED_FROM_UNCOMMITTED -> Set.of(Promise.JOURNAL_FIRST, Promise.EACH_STEP_ONCE);
            case REPLAY_LEFT_OUT -> Set.of(Promise.PROGRESS, Promise.EACH_STEP_ONCE, Promise.SAME_MODEL);
            case REPLAY_COUNTED_AGAIN, REPLAY_NOT_COMPARED, TAKEOVER_FORGETS -> Set.of(Promise.EACH_STEP_ONCE);
            case QUARANTINE_NEVER_ENDS, STALL_NOT_NOTICED -> Set.of(Promise.PROGRESS);
            case OLD_TERM_WRITES -> Set.of(Promise.ONE_SUPERVISOR);
        };
    }

    /** Most are caught in any schedules; some need what is rare in them. */
    private static Schedule scheduleFor(Mutant mutant, long seed) {
        Chance chance = new Chance(seed).of("mutant");
        return switch (mutant) {
            // A node that is replaced is heard again while its successor computes the same step.
            case DROPPED_FENCE ->
                small(
                        seed,
                        1,
                        List.of(new Fault.Cut(
                                chance.between(1_200, 3_000),
                                Schedule.host(chance.between(0, 1)),
                                "seed",
                                Direction.FROM,
                                chance.between(1_600, 2_400),
                                0)));
            // What all hold is wrong in the same way, and is needed.
            case REPLAY_NOT_COMPARED -> {
                long atMs = chance.between(1_000, 4_000);
                yield small(
                        seed,
                        0,
                        List.of(new Fault.CorruptSnapshots(atMs), new Fault.LoseFrame(atMs + 1, Schedule.host(0))));
            }
            // A connection breaks for less than a node's silence is tolerated.
            case STALL_NOT_NOTICED ->
                small(
                        seed,
                        0,
                        List.of(new Fault.Cut(
                                chance.between(1_000, 4_000),
                                Schedule.host(0),
                                "seed",
                                Direction.BOTH,
                                chance.between(400, 1_000),
                                1)));
            default -> ScheduleMaker.of(seed);
        };
    }

    private static Schedule small(long seed, int spares, List<Fault> faults) {
        return new Schedule(seed, 2, 1, spares, 1, List.of(12, 4), false, 2, 5, 3, 300_000, true, faults);
    }
}
