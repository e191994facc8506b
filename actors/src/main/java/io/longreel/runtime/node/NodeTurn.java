package io.longreel.runtime.node;

import java.util.ArrayList;
import java.util.List;

/** One command being decided: the state so far and the effects so far. Made for one command and thrown away after it. */
final class NodeTurn {
    private final long nowMs;
    private final List<NodeEffect> effects = new ArrayList<>();
    private NodeState state;

    NodeTurn(NodeState state, long nowMs) {
        this.state = state;
        this.nowMs = nowMs;
    }

    long nowMs() {
        return nowMs;
    }

    NodeState state() {
        return state;
    }

    NodeTurn become(NodeState next) {
        state = next;
        return this;
    }

    NodeTurn enter(NodePhase phase) {
        return become(state.in(phase));
    }

    NodeTurn effect(NodeEffect effect) {
        effects.add(effect);
        return this;
    }

    /** What changes nothing is not dropped in silence. */
    NodeTurn ignore(Object command, String why) {
        return effect(new NodeEffect.Note("command ignored: %s; generation=%d phase=%s command=%s"
                .formatted(why, state.generation(), state.phase().getClass().getSimpleName(), command)));
    }

    NodeDecision decision() {
        return new NodeDecision(state, effects);
    }
}
