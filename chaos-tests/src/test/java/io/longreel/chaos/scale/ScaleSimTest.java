package io.longreel.chaos.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.sim.ControlLoad;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Jobs on paper: functions of their seed, and right where something is known. */
class ScaleSimTest {
    private static final long SEED = 4711;

    @Test
    void shouldCountWhatTheSupervisorHearsOfAStepAndOfARecovery() {
        // A clock that moves on by one each time it is looked at: times become counts.
        AtomicLong looks = new AtomicLong();
        ControlLoad load = ControlLoad.of(4, 2, SEED, looks::incrementAndGet);
        String what = "seed=%d %s".formatted(SEED, load);
        assertEquals(8, load.reportsPerStep(), what);
        assertEquals(8, load.decideNsPerStep(), what);
        assertTrue(load.beatsPerSecond() > 30 && load.beatsPerSecond() < 60, what);
        assertTrue(load.noticedMs() >= 0 && load.noticedMs() < 1_600, what);
        assertTrue(load.committedMs() > load.noticedMs() && load.committedMs() < 20_000, what);
        assertTrue(load.recoveryReports() > 2 * 8, what);
        AtomicLong again = new AtomicLong();
        assertEquals(load, ControlLoad.of(4, 2, SEED, again::incrementAndGet), what);
    }

    @Test
    void shouldWaitForNothingWhereAllAreEqual() {
        StepSchedule equal = new StepSchedule(16, 8, 4, 10, 0.001, 0, 0);
        assertEquals(10, equal.seconds(SEED), 1e-9);
        StepSchedule far = new StepSchedule(2, 2, 1, 1, 5, 0, 0);
        // Two rounds of an own block of a quarter, five seconds for the other one, and another quarter.
        assertEquals(2 * (5 + 0.25), far.seconds(SEED), 1e-9);
    }

    @Test
    void shouldWaitMoreTheMoreNodesThereAre() {
        double few = new StepSchedule(4, 4, 8, 10, 0, 0.01, 0.03).seconds(SEED);
        double many = new StepSchedule(512, 4, 8, 10, 0, 0.01, 0.03).seconds(SEED);
        assertTrue(10 < few && few < many && many < 11, "seed=%d few=%f many=%f".formatted(SEED, few, many));
    }

    @Test
    void shouldMeetTheFormulaOfGoodputWhereFaultsAreRare() {
        // 1 - C/D - (D/2 + R)/M, for 256 GPUs with M = 31.6 h, C = 30 s, R = 600 s: 97.2 % (published figures in the
        // planner's sources).
        double faults = 1 / (31.6 * 256);
        double every = Goodput.bestInterval(30, faults, 256);
        Goodput restart = new Goodput(256, 8, faults, every, 30, 600, 0, 600);
        assertEquals(0.972, restart.share(20_000, SEED), 0.002);
    }
}
