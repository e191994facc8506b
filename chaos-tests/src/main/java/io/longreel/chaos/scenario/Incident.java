package io.longreel.chaos.scenario;

import java.util.OptionalLong;

/**
 * One fault, from the moment it struck until the run was through with it. Times are wall-clock milliseconds.
 *
 * @param what such as {@code KILL rank 2 at step 7, RING}
 * @param noticedMs when the supervisor wrote down that something was wrong; empty when nothing had to be
 * @param restoredMs when the ranks had their state back
 * @param committedMs when the next step was committed that had not been before
 * @param stepsLost committed steps that were not committed any more afterwards
 * @param stepsAgain committed steps that were computed again
 * @param bytesAgain payload of these, over all ranks
 */
public record Incident(
        String what,
        long struckMs,
        OptionalLong noticedMs,
        OptionalLong restoredMs,
        OptionalLong committedMs,
        int stepsLost,
        int stepsAgain,
        long bytesAgain) {}
