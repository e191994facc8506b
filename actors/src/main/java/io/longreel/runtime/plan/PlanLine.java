package io.longreel.runtime.plan;

import io.longreel.model.RankMemory;

/**
 * A part of a run, and the memory of one rank when it is over; nothing that the rank takes meanwhile is more.
 *
 * @param kind whether it trains or tests
 * @param part the phase of the stage, or its needle test
 * @param frames of the packed sequence with most tokens, in the whole mesh
 * @param tokens of that sequence
 */
public record PlanLine(String stage, Kind kind, String part, int frames, int tokens, RankMemory memory) {

    /** What a stage consists of. */
    public enum Kind {
        PHASE,
        TEST
    }
}
