package io.longreel.chaos.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.sim.Simulation.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationSimTest {
    private static final long SCHEDULES = 1_000;

    private static String textOf(Outcome outcome) {
        return "seed %d: %s%nschedule: %s%nagain: %s"
                .formatted(outcome.seed(), outcome.violations(), outcome.schedule(), outcome.replay());
    }

    @Test
    void shouldKeepEveryPromiseInEverySchedule() {
        long first = Long.getLong("longreel.sim.seed", 1);
        List<String> broken = new ArrayList<>();
        long faults = 0;
        long generations = 0;
        for (long seed = first; seed < first + SCHEDULES; seed++) {
            Outcome outcome = Simulation.run(seed, false);
            faults += outcome.faults();
            generations += outcome.generations();
            if (!outcome.isKept()) {
                broken.add(textOf(outcome));
            }
        }
        System.out.printf(
                "seeds %d to %d, %d faults, %d mesh incarnations%n", first, first + SCHEDULES - 1, faults, generations);
        assertEquals(List.of(), broken);
        assertTrue(faults > 2 * SCHEDULES, "faults must fire: " + faults);
        assertTrue(generations > 3 * SCHEDULES / 2, "faults must lead to recoveries: " + generations);
    }

    @Test
    void shouldDoTheSameAgainWhenASeedIsPlayedAgain() {
        for (long seed = 1; seed <= 20; seed++) {
            Outcome once = Simulation.run(seed, true);
            assertFalse(once.trace().isEmpty());
            assertEquals(once, Simulation.run(seed, true), "seed " + seed);
        }
    }

    @Test
    void shouldRecoverARunOfTwoHundredAndFiftySixRanks() {
        Schedule large = new Schedule(
                7,
                32,
                8,
                1,
                1,
                List.of(4, 3),
                false,
                2,
                3,
                1,
                300_000,
                true,
                List.of(
                        new Fault.Crash(1_800, Schedule.host(5), -1),
                        new Fault.Crash(2_100, Schedule.host(17), 3_000),
                        new Fault.Pause(3_000, Schedule.host(30), 4_000)));
        Outcome outcome = Simulation.run(large, Mutant.NONE, false);
        assertTrue(outcome.isKept(), () -> textOf(outcome));
        assertEquals("exit code 0: finished: 7 steps", outcome.ending());
        assertTrue(outcome.generations() >= 3, outcome::toString);
    }
}
