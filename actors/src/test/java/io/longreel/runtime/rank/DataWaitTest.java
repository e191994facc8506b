package io.longreel.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.protocol.RankPulse;
import org.junit.jupiter.api.Test;

/** A data source that is slow, or away, seen from outside. */
class DataWaitTest {
    private static final long MS = 1_000_000;

    private long nowNs = 5 * MS;
    private final DataWait wait = new DataWait(() -> nowNs, 120_000 * MS);

    @Test
    void shouldShowAWaitThatGoesOn() {
        assertEquals(0, wait.waitedNs());
        wait.start();
        nowNs += 7 * MS;
        assertEquals(7 * MS, wait.waitedNs());
        wait.stop();
        nowNs += 100 * MS;
        assertEquals(7 * MS, wait.waitedNs());
        wait.start();
        nowNs += 2 * MS;
        assertEquals(9 * MS, wait.waitedNs());
        assertEquals(9, wait.progress());
    }

    @Test
    void shouldCountAsProgressUpToItsLimitOnly() {
        wait.start();
        nowNs += 120_000 * MS;
        assertEquals(120_000, wait.progress());
        nowNs += 60_000 * MS;
        assertEquals(120_000, wait.progress());
        assertEquals(180_000 * MS, wait.waitedNs());
        wait.stop();
        wait.start();
        nowNs += MS;
        assertEquals(120_001, wait.progress());
    }

    /** Ten beats a second: each shows a rank that waits and gets on, so that it is neither stuck nor in a mesh that stands still. */
    @Test
    void shouldNotLookStuckWhileSamplesAreAwaited() {
        RankVitals vitals = new RankVitals(3);
        vitals.watch(new FakeWorkFactory().waitingForData(wait));
        vitals.busy();
        wait.start();
        long progress = vitals.pulse().progress();
        for (int beat = 0; beat < 300; beat++) {
            nowNs += 100 * MS;
            RankPulse pulse = vitals.pulse();
            assertTrue(pulse.isWaiting(), "beat " + beat);
            assertTrue(pulse.progress() > progress, "beat " + beat);
            progress = pulse.progress();
        }
        wait.stop();
        vitals.pulse();
        assertFalse(vitals.pulse().isWaiting());
    }
}
