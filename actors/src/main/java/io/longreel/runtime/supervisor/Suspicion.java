package io.longreel.runtime.supervisor;

import java.util.Set;

/**
 * A step whose result was not believed, and which is computed again: first by the same ranks in the same places, then by them in other places.
 * Immutable.
 *
 * @param position before the step
 * @param kind what was wrong
 * @param trials how often it was computed so far
 * @param minority processes of the ranks that stood against most others, in every trial so far; empty when nobody did
 * @param needsOtherPlaces whether the next trial has to be in other places
 * @param distrustsMemory whether the next trial has to begin from the disk, as what is in memory may be wrong already
 */
public record Suspicion(
        Position position,
        Kind kind,
        int trials,
        Set<String> minority,
        boolean needsOtherPlaces,
        boolean distrustsMemory) {
    public Suspicion {
        minority = Set.copyOf(minority);
    }

    /** What can be wrong with a step. */
    public enum Kind {
        /** Ranks report different results. */
        DISAGREEMENT,
        /** The result is not what was committed before. */
        CHANGED,
        NOT_FINITE,
        /** The samples could not be read. */
        BAD_DATA,
        LOSS_SPIKE,
        LARGE_NORM;

        /** Whether some machine must be at fault: the samples cannot be. */
        boolean isNeverTheSamples() {
            return this == DISAGREEMENT || this == CHANGED;
        }
    }
}
