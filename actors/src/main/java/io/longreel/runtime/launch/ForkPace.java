package io.longreel.runtime.launch;

import java.util.OptionalLong;

/**
 * When the process of one node that died is forked again: at once when it had lived for a while and is missed, seconds later when others stand by, with doubling
 * delays when it keeps dying young, and in the end not any more. Pure; times are of a steady clock.
 */
final class ForkPace {
    /** Who lived so long did not die of how it was started. */
    static final long YOUNG_MS = 10_000;

    static final int YOUNG_DEATHS_MAX = 8;
    private static final long FIRST_DELAY_MS = 250;
    /** A JVM that starts takes the cores that the ranks need to get going again; by then they mostly have. */
    static final long NOT_URGENT_DELAY_MS = 10_000;

    private long bornMs;
    private int youngDeaths;

    void born(long nowMs) {
        bornMs = nowMs;
    }

    /**
     * How long to wait until the next fork; empty when it is no use.
     *
     * @param isUrgent whether the run has nobody else for the place, now or at the next loss
     */
    OptionalLong died(long nowMs, boolean isUrgent) {
        OptionalLong delayMs = died(nowMs);
        return isUrgent || delayMs.isEmpty()
                ? delayMs
                : OptionalLong.of(Math.max(delayMs.getAsLong(), NOT_URGENT_DELAY_MS));
    }

    private OptionalLong died(long nowMs) {
        youngDeaths = nowMs - bornMs < YOUNG_MS ? youngDeaths + 1 : 0;
        if (youngDeaths >= YOUNG_DEATHS_MAX) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(youngDeaths <= 1 ? 0 : FIRST_DELAY_MS << (youngDeaths - 2));
    }
}
