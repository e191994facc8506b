package io.longreel.runtime.node;

import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.BeatDue;
import io.longreel.runtime.protocol.NodeCommand.DefectFound;
import io.longreel.runtime.protocol.NodeCommand.JoinLater;
import io.longreel.runtime.protocol.NodeCommand.KillProcess;
import io.longreel.runtime.protocol.NodeCommand.LeaveAsked;
import io.longreel.runtime.protocol.NodeCommand.NodeFenced;
import io.longreel.runtime.protocol.NodeCommand.Opened;
import io.longreel.runtime.protocol.NodeCommand.RankStopped;
import io.longreel.runtime.protocol.NodeCommand.RetryJoin;
import io.longreel.runtime.protocol.NodeCommand.SeedLost;
import io.longreel.runtime.protocol.NodeCommand.SlowWorkDone;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;

/**
 * A node's decisions: a pure function from state, command and time to the next state and effects. The same commands at the same times give the
 * same node, so the simulation drives it without actors, threads or clocks. {@link JoiningRules} let the node in and out, {@link HostingRules}
 * start and stop its ranks.
 */
public final class NodeCore {
    private NodeCore() {}

    /**
     * Decides one command.
     *
     * @param nowMs steady time, which never goes back
     */
    public static NodeDecision apply(NodeState state, NodeCommand command, long nowMs) {
        NodeTurn turn = new NodeTurn(state, nowMs);
        if (state.phase() instanceof NodePhase.Ending && !(command instanceof RankStopped)) {
            return turn.decision(); // late messages to a process that ends
        }
        switch (command) {
            case RetryJoin retry -> JoiningRules.askAgain(turn);
            case Welcome welcome -> JoiningRules.welcome(turn, welcome);
            case JoinLater later -> JoiningRules.joinLater(turn, later);
            case Opened opened -> JoiningRules.opened(turn, opened);
            case NodeFenced fenced -> JoiningRules.fenced(turn, fenced);
            case LeaveAsked asked -> JoiningRules.leaveAsked(turn, asked);
            case KillProcess kill -> turn.effect(new NodeEffect.Kill(kill.reason()));
            case StopNode stop -> HostingRules.end(turn, new NodeEnd(stop.exitCode(), stop.reason()));
            case SeedLost lost -> HostingRules.end(turn, new NodeEnd(1, "the seed was lost: " + lost.reason()));
            case StartRanks start -> HostingRules.startRanks(turn, start);
            case StopRanks stop -> HostingRules.stopRanks(turn, stop);
            case RankStopped stopped -> HostingRules.rankStopped(turn, stopped.rank());
            case WriteSlices write -> HostingRules.writeSlices(turn, write);
            case SlowWorkDone done -> HostingRules.slowWorkDone(turn, done.report());
            case BeatDue due -> beatDue(turn);
            case DefectFound found -> HostingRules.unusable(turn, found.reason());
        }
        return turn.decision();
    }

    private static void beatDue(NodeTurn turn) {
        HostingRules.watchStuckRanks(turn);
        if (turn.state().phase() instanceof NodePhase.Ready ready) {
            turn.effect(new NodeEffect.SayBeat(
                    ready.dataEndpoint(), ready.driverDirectory(), turn.state().generation()));
            JoiningRules.leaveAgain(turn);
            HostingRules.warmUpWhenIdle(turn);
        }
    }
}
