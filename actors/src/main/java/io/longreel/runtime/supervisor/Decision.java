package io.longreel.runtime.supervisor;

import java.util.List;

/** The core's answer to an event: what is so from now on, and what has to happen, in this order. */
public record Decision(SupervisorState state, List<Effect> effects) {
    public Decision {
        effects = List.copyOf(effects);
    }
}
