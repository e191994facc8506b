package io.longreel.runtime.launch;

import java.util.OptionalLong;

/**
 * When the process of one node that died is forked again: at once when it had lived for a while, with doubling delays when it keeps
 * dying young, and in the end not any more. Pure; times are of a steady clock.
 */
final class ForkPace {
    /** Who lived so long did not die of how it was started. */
    static final long YOUNG_MS = 10_000;

    static final int YOUNG_DEATHS_MAX = 8;
    private static final long FIRST_DELAY_MS = 250;

    private long bornMs;
    private int youngDeaths;

    void born(long nowMs) {
        bornMs = nowMs;
    }

    /** How long to wait until the next fork; empty when it is no use. */
    OptionalLong died(long nowMs) {
        youngDeaths = nowMs - bornMs < YOUNG_MS ? youngDeaths + 1 : 0;
        if (youngDeaths >= YOUNG_DEATHS_MAX) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(youngDeaths <= 1 ? 0 : FIRST_DELAY_MS << (youngDeaths - 2));
    }
}
