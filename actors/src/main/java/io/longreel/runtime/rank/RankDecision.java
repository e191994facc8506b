package io.longreel.runtime.rank;

import java.util.List;

/** The core's answer to a command: what is so from now on, and what has to happen, in this order. */
public record RankDecision(RankState state, List<RankEffect> effects) {
    public RankDecision {
        effects = List.copyOf(effects);
    }
}
