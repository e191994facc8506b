package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.JoinLater;
import io.longreel.runtime.protocol.NodeCommand.NodeFenced;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import java.util.Optional;

/** Who is part of the run: joining, leaving, being fenced. */
final class MembershipRules {
    /** A node id that is still taken is free as soon as the silence of its former process is noticed. */
    private static final long RETRY_TAKEN_MS = 500;

    private MembershipRules() {}

    static void onNode(Turn turn, NodeReport report) {
        if (turn.state().phase() instanceof Phase.Ended ended) {
            if (report instanceof JoinRequested) {
                stop(turn, report.processId(), ended.exitCode(), "the run is over");
            }
            return;
        }
        Optional<Member> member = turn.state().crew().member(report.processId());
        if (report instanceof JoinRequested asked) {
            joinRequested(turn, asked, member);
        } else if (member.isPresent()) {
            onMember(turn, report, member.get());
        } else if (report instanceof Beat beat && turn.state().phase() instanceof Phase.Gathering) {
            RecoveryRules.found(turn, beat);
        } else {
            fence(turn, report);
        }
    }

    private static void onMember(Turn turn, NodeReport report, Member member) {
        switch (report) {
            case JoinRequested asked -> throw new IllegalStateException("handled before: " + asked);
            case NodeReady ready -> nodeReady(turn, ready, member);
            case Beat beat -> LivenessRules.beat(turn, beat, member);
            case NodeReport.RanksStopped stopped -> RecoveryRules.ranksStopped(turn, stopped);
            case NodeReport.SlicesWritten written -> SavingRules.slicesWritten(turn, written);
            case NodeReport.SlicesFailed failed -> SavingRules.slicesFailed(turn, failed);
            case LeaveRequested asked -> leaveRequested(turn, asked, member);
            case NodeReport.NodeFailed failed -> FailureRules.nodeFailed(turn, failed, member);
        }
    }

    private static void joinRequested(Turn turn, JoinRequested asked, Optional<Member> known) {
        if (known.isPresent() && !known.get().isReady()) {
            welcome(turn, asked.processId()); // asked again before the first answer arrived
            return;
        }
        // A process that works for the run and asks to join has lost what it had.
        known.ifPresent(member -> FailureRules.lose(turn, member, "it started anew"));
        SupervisorState state = turn.state();
        long quarantineMs = state.crew().quarantineMs(asked.nodeId(), turn.nowMs());
        boolean isForming = state.phase() instanceof Phase.Forming;
        if (state.phase() instanceof Phase.Ended) {
            return;
        }
        if (quarantineMs > 0) {
            turn.effect(new Effect.TellNode(
                    asked.processId(),
                    new JoinLater(quarantineMs, "node %s was lost too often".formatted(asked.nodeId()))));
        } else if (state.crew().hasNode(asked.nodeId()) && isForming) {
            refuse(turn, asked, "another process has joined under this node id: give it another one with --node-id");
        } else if (state.crew().hasNode(asked.nodeId())) {
            turn.effect(new Effect.TellNode(
                    asked.processId(), new JoinLater(RETRY_TAKEN_MS, "another process still has this node id")));
        } else if (isFull(state)) {
            refuse(
                    turn,
                    asked,
                    "the job already has its %d nodes and %d spares"
                            .formatted(
                                    turn.plan().nodes(), turn.plan().recovery().spares()));
        } else {
            Crew crew = state.crew();
            turn.become(state.with(crew.with(crew.joining(asked.processId(), asked.nodeId(), turn.nowMs()))));
            welcome(turn, asked.processId());
        }
    }

    private static boolean isFull(SupervisorState state) {
        long staying = state.crew().members().values().stream()
                .filter(member -> !member.isLeaving())
                .count();
        return staying >= state.plan().nodes() + state.plan().recovery().spares();
    }

    private static void welcome(Turn turn, String processId) {
        turn.effect(new Effect.TellNode(
                processId, new Welcome(turn.plan().configText(), turn.plan().runToken())));
    }

    private static void refuse(Turn turn, JoinRequested asked, String why) {
        stop(turn, asked.processId(), 2, "node %s was refused: %s".formatted(asked.nodeId(), why));
    }

    static void stop(Turn turn, String processId, int exitCode, String why) {
        turn.effect(new Effect.TellNode(processId, new StopNode(exitCode, why)));
    }

    /** A process that is none of us speaks as if it were: it was declared lost, and others have its ranks. */
    private static void fence(Turn turn, NodeReport report) {
        SupervisorState state = turn.state();
        turn.become(state.fencedOneMore())
                .effect(new Effect.TellNode(
                        report.processId(),
                        new NodeFenced(
                                state.generation(),
                                "process %s is not part of generation %d: it was declared lost, and the run went on without it"
                                        .formatted(report.processId(), state.generation()))))
                .effect(new Effect.Note("node fenced: generation=%d report=%s".formatted(state.generation(), report)));
    }

    static void nodeReady(Turn turn, NodeReady ready, Member member) {
        SupervisorState state = turn.state();
        turn.become(state.with(
                state.crew().with(member.ready(ready.dataEndpoint(), ready.driverDirectory(), turn.nowMs()))));
        if (state.phase() instanceof Phase.Forming) {
            int readyCount = turn.state().crew().available().size();
            turn.announce(new RunNews.NodesJoined(readyCount, turn.plan().nodes()));
            if (readyCount == turn.plan().nodes()) {
                RecoveryRules.placeFirst(turn);
            }
        } else if (state.phase() instanceof Phase.Seeking) {
            RecoveryRules.seek(turn);
        } else {
            turn.announce(new RunNews.SpareReady(member.nodeId()));
            growWhenPossible(turn);
        }
    }

    /** A mesh that is smaller than the run wants grows back at the next border between steps. */
    static void growWhenPossible(Turn turn) {
        SupervisorState state = turn.state();
        boolean isSmaller = state.placement().isPresent()
                && !state.mesh().equals(turn.plan().mesh());
        if (isSmaller
                && state.move().isEmpty()
                && state.crew().available().size() >= turn.plan().nodes()) {
            turn.become(state.moving("enough nodes for the whole mesh are here again"));
            ServingRules.goOn(turn);
        }
    }

    private static void leaveRequested(Turn turn, LeaveRequested asked, Member member) {
        if (member.isLeaving()) {
            return;
        }
        turn.effect(new Effect.Note(
                "node wants to leave: processId=%s reason=%s".formatted(member.processId(), asked.reason())));
        leave(turn, member);
    }

    /** Nodes that stay when this one leaves. */
    static long others(SupervisorState state, Member member) {
        return state.crew().available().stream()
                .filter(other -> !other.processId().equals(member.processId()))
                .count();
    }

    static boolean canGoOnWithout(SupervisorState state, Member member) {
        long others = others(state, member);
        return others >= state.plan().nodes()
                || (others > 0 && state.plan().recovery().isElastic());
    }

    /** Its ranks go elsewhere at the next border between steps; where they cannot, the run stops. */
    static void leave(Turn turn, Member member) {
        turn.become(turn.state().with(turn.state().crew().with(member.leaving())));
        SupervisorState state = turn.state();
        boolean isPlaced = state.placedIds().contains(member.processId());
        boolean canGoOn = canGoOnWithout(state, member);
        if (!isPlaced && !(state.phase() instanceof Phase.Forming)) {
            dismiss(turn, member);
        } else if (state.phase() instanceof Phase.Forming
                || !canGoOn
                || turn.plan().recovery().attemptsMax() == 0) {
            EndingRules.stopAsked(turn, "node %s was asked to stop".formatted(member.nodeId()));
        } else {
            turn.become(turn.state().moving("node %s leaves".formatted(member.nodeId())));
            TrainingRules.goOnIfTraining(turn);
            EvaluationRules.goOnIfEvaluating(turn);
            ServingRules.goOn(turn);
        }
    }

    /** Nodes that wanted to leave and host no rank any more may go. */
    static void dismissLeavers(Turn turn) {
        SupervisorState state = turn.state();
        state.crew().members().values().stream()
                .filter(member -> member.isLeaving() && !state.placedIds().contains(member.processId()))
                .forEach(member -> dismiss(turn, member));
    }

    private static void dismiss(Turn turn, Member member) {
        turn.become(turn.state().with(turn.state().crew().without(member.processId())));
        SavingRules.writerLost(turn, member.processId());
        turn.journal(new JournalEntry.NodeLost(member.nodeId(), member.processId(), "it left"))
                .announce(new RunNews.NodeLost(member.nodeId(), "it left as it was asked to"));
        stop(turn, member.processId(), 0, "node %s has left the run".formatted(member.nodeId()));
        RecoveryRules.notAwaited(turn, member.processId());
        TrainingRules.goOnIfTraining(turn); // perhaps its part of a checkpoint was waited for
    }
}
