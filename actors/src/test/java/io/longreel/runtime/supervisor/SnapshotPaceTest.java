package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RecoverySettings;
import io.longreel.config.RunConfigLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class SnapshotPaceTest {
    private static final long STEP_MS = 200;
    private static final double SHARE = 0.01;

    @Test
    void shouldTakeTheNextOneSoonWhenTheFirstWasCold() {
        List<Long> takenMs = taken(number -> number == 0 ? 1_000 : 20, 120_000);
        // Without care the second one would come after 100 s.
        assertTrue(takenMs.get(1) - takenMs.get(0) <= 1_000 + STEP_MS, takenMs.toString());
        for (int i = 3; i < takenMs.size(); i++) {
            assertTrue(takenMs.get(i) - takenMs.get(i - 1) <= 20 / SHARE + STEP_MS, "i=%d %s".formatted(i, takenMs));
        }
    }

    @Test
    void shouldIgnoreASingleOneThatTookLong() {
        List<Long> takenMs = taken(number -> number == 10 ? 5_000 : 20, 120_000);
        for (int i = 2; i < takenMs.size(); i++) {
            assertTrue(takenMs.get(i) - takenMs.get(i - 1) <= 20 / SHARE + STEP_MS, "i=%d %s".formatted(i, takenMs));
        }
    }

    @Test
    void shouldKeepToItsShareWhenAllAreDear() {
        double costMs = 500;
        List<Long> takenMs = taken(number -> costMs, 3_600_000);
        assertEquals(SHARE, takenMs.size() * costMs / 3_600_000, 0.15 * SHARE, takenMs.toString());
        long lastPauseMs = takenMs.getLast() - takenMs.get(takenMs.size() - 2);
        assertEquals(costMs / SHARE, (double) lastPauseMs, STEP_MS);
    }

    @Test
    void shouldTakeThemAsYoungSaysWhileFaultsComeOften() {
        long faultToFaultMs = 15_000;
        double costMs = 150;
        RecoverySettings settings = settings("recovery.snapshot-cost-max=" + SHARE);
        SnapshotPace pace = warm(costMs).ordered(0);
        for (long fault = 1; fault <= 10; fault++) {
            pace = pace.faulted(fault * faultToFaultMs);
        }
        long nowMs = 11 * faultToFaultMs;
        double bestMs = Math.sqrt(2 * costMs * faultToFaultMs);
        pace = pace.ordered(nowMs);
        assertEquals(bestMs, pauseMs(settings, pace, nowMs), 0.1 * bestMs);
        // Long after the last fault they come as rarely as their share says.
        long calmMs = nowMs + 24 * 3_600_000L;
        assertEquals(costMs / SHARE, pauseMs(settings, pace.ordered(calmMs), calmMs), 1);
    }

    /** One that has measured so often that nothing but the cost counts. */
    private static SnapshotPace warm(double costMs) {
        SnapshotPace pace = SnapshotPace.initial(0);
        for (int i = 0; i < 20; i++) {
            pace = pace.measured(costMs);
        }
        return pace;
    }

    private static double pauseMs(RecoverySettings settings, SnapshotPace pace, long takenMs) {
        int pauseMs = 0;
        while (!pace.isDue(settings, 0, takenMs + pauseMs)) {
            pauseMs++;
        }
        return pauseMs;
    }

    @Test
    void shouldCountStepsWhenToldTo() {
        RecoverySettings every = settings("recovery.snapshot-every-steps=3");
        SnapshotPace pace = SnapshotPace.initial(0).measured(10_000);
        for (long step = 0; step < 10; step++) {
            assertEquals(step % 3 == 0, pace.isDue(every, step, 0), "step=" + step);
        }
    }

    /** When snapshots are ordered, each step taking the same time. */
    private static List<Long> taken(LongToDoubleFunction costMs, long untilMs) {
        RecoverySettings settings = settings("recovery.snapshot-cost-max=" + SHARE);
        SnapshotPace pace = SnapshotPace.initial(0);
        List<Long> takenMs = new ArrayList<>();
        for (long nowMs = 0; nowMs < untilMs; nowMs += STEP_MS) {
            if (pace.isDue(settings, nowMs / STEP_MS, nowMs)) {
                pace = pace.ordered(nowMs).measured(costMs.applyAsDouble(takenMs.size()));
                takenMs.add(nowMs);
            }
        }
        return takenMs;
    }

    private static RecoverySettings settings(String override) {
        return RunConfigLoader.load("tiny", List.of(override)).recovery();
    }
}
