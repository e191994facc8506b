package io.longreel.runtime.node;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.node.NodeState.Leaving;
import io.longreel.runtime.node.NodeState.Ranks;
import io.longreel.runtime.node.NodeState.Writes;
import io.longreel.runtime.protocol.NodeCommand.JoinLater;
import io.longreel.runtime.protocol.NodeCommand.LeaveAsked;
import io.longreel.runtime.protocol.NodeCommand.NodeFenced;
import io.longreel.runtime.protocol.NodeCommand.Opened;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import java.util.Optional;
import java.util.OptionalLong;

/** How a node comes to take part, how it is thrown out, and how it leaves. */
final class JoiningRules {
    /** A request to leave may get lost. */
    static final long LEAVE_REPEAT_MS = 1_000;

    private JoiningRules() {}

    static void askAgain(NodeTurn turn) {
        NodeState state = turn.state();
        if (!(state.phase() instanceof NodePhase.Looking looking)
                || !state.ranks().living().isEmpty()) {
            return;
        }
        NodeIdentity identity = state.identity();
        if (turn.nowMs() >= looking.deadlineMs()) {
            HostingRules.end(
                    turn,
                    new NodeEnd(
                            2,
                            "no seed answers at %s within %d s: start it with bin/longreel seed CONF, and name it as it names itself"
                                    .formatted(
                                            identity.seed(),
                                            identity.joinTimeout().toSeconds())));
        } else if (turn.nowMs() >= looking.askAtMs()) {
            turn.effect(new NodeEffect.Say(new JoinRequested(identity.processId(), identity.nodeId())));
        }
    }

    /** Asked twice, welcomed twice: only the first counts. Ranks of an earlier life must be over. */
    static void welcome(NodeTurn turn, Welcome welcome) {
        NodeState state = turn.state();
        if (state.phase() instanceof NodePhase.Looking && state.ranks().living().isEmpty()) {
            turn.enter(new NodePhase.Opening())
                    .effect(new NodeEffect.Note("welcomed"))
                    .effect(new NodeEffect.Open(welcome.configText()));
        }
    }

    /** Who is told to wait has found the seed. */
    static void joinLater(NodeTurn turn, JoinLater later) {
        if (turn.state().phase() instanceof NodePhase.Looking) {
            turn.enter(looking(turn, turn.nowMs() + later.retryAfterMs()))
                    .effect(new NodeEffect.Note(
                            "told to ask again in %d ms: %s".formatted(later.retryAfterMs(), later.reason())));
        }
    }

    static void opened(NodeTurn turn, Opened opened) {
        if (!(turn.state().phase() instanceof NodePhase.Opening)) {
            turn.ignore(opened, "nothing is being opened");
            return;
        }
        turn.effect(new NodeEffect.Say(opened.report()));
        switch (opened.report()) {
            case NodeReady ready ->
                turn.enter(new NodePhase.Ready(
                        ready.dataEndpoint(),
                        ready.driverDirectory(),
                        OptionalLong.of(turn.nowMs() + HostingRules.IDLE_MS)));
            case NodeFailed failed -> {
                if (!isTheRunsFault(failed)) { // otherwise the supervisor ends the run, and this process with it
                    HostingRules.end(turn, new NodeEnd(NodeEnd.UNUSABLE, failed.message()));
                }
            }
            default -> throw new IllegalArgumentException("opening ends ready or failed: " + opened);
        }
    }

    private static boolean isTheRunsFault(NodeFailed failed) {
        return failed.category() == Category.CONFIG || failed.category() == Category.DATA;
    }

    /**
     * Others have this process's place. What it was doing has no effect any more, so it forgets everything and asks to be let in as if it were
     * new. A fence that is older than what the node knows comes from a supervisor that was itself replaced.
     */
    static void fenced(NodeTurn turn, NodeFenced fenced) {
        NodeState state = turn.state();
        if (!(state.phase() instanceof NodePhase.Ready) || fenced.generation() < state.generation()) {
            turn.ignore(fenced, "stale fence");
            return;
        }
        turn.effect(new NodeEffect.Warn(
                "this process was declared lost and its ranks are elsewhere: %s; it was at generation %d, the run is at %d; it drops its state and asks to join again"
                        .formatted(fenced.reason(), state.generation(), fenced.generation())));
        if (state.leaving().isPresent()) {
            HostingRules.end(turn, new NodeEnd(0, state.leaving().get().reason()));
            return;
        }
        turn.become(state.heardOf(fenced.generation())
                        .with(new Writes(
                                state.writes().queue().stream().limit(1).toList(),
                                !state.writes().queue().isEmpty())))
                .enter(looking(turn, turn.nowMs()));
        Ranks ranks = turn.state().ranks().then(Optional.empty());
        turn.become(turn.state().with(ranks));
        HostingRules.stopAndForget(turn, fenced.reason());
    }

    private static NodePhase.Looking looking(NodeTurn turn, long askAtMs) {
        return new NodePhase.Looking(
                askAtMs, askAtMs + turn.state().identity().joinTimeout().toMillis());
    }

    /** A node that takes part asks to be replaced first; another one just ends. */
    static void leaveAsked(NodeTurn turn, LeaveAsked asked) {
        if (!(turn.state().phase() instanceof NodePhase.Ready)) {
            HostingRules.end(turn, new NodeEnd(0, asked.reason()));
        } else if (turn.state().leaving().isEmpty()) {
            turn.become(turn.state().with(new Leaving(asked.reason(), turn.nowMs())));
            leaveAgain(turn);
        }
    }

    static void leaveAgain(NodeTurn turn) {
        NodeState state = turn.state();
        if (state.leaving().isPresent() && turn.nowMs() >= state.leaving().get().askAtMs()) {
            String reason = state.leaving().get().reason();
            turn.become(state.with(new Leaving(reason, turn.nowMs() + LEAVE_REPEAT_MS)))
                    .effect(new NodeEffect.Say(new LeaveRequested(state.processId(), reason)));
        }
    }
}
