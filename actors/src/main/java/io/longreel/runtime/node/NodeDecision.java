package io.longreel.runtime.node;

import java.util.List;

/** The core's answer to a command: what is so from now on, and what has to happen, in this order. */
public record NodeDecision(NodeState state, List<NodeEffect> effects) {
    public NodeDecision {
        effects = List.copyOf(effects);
    }
}
