package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Placement;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.ControlAnswer.Outcome;
import io.longreel.runtime.protocol.NodeCommand.KillProcess;
import io.longreel.runtime.protocol.NodeCommand.LeaveAsked;
import io.longreel.runtime.supervisor.Orders.Pause;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What people ask of the run. Each control is answered once what it changes is in the journal: accepted, so already, or refused with a reason. Pauses
 * and wished checkpoints are journaled, so that a supervisor that takes over keeps to them; a node that is drained keeps asking for leave itself.
 */
final class ControlRules {
    private ControlRules() {}

    static void asked(Turn turn, Control control) {
        Optional<String> refusal = refusalOfAll(turn.state());
        if (refusal.isPresent()) {
            answer(turn, Outcome.REFUSED, refusal.get());
            return;
        }
        switch (control) {
            case Control.Checkpoint checkpoint -> checkpoint(turn);
            case Control.Pause pause -> pause(turn);
            case Control.Resume resume -> resume(turn);
            case Control.Drain drain -> drain(turn, drain.nodeId());
            case Control.Kill kill -> kill(turn, kill.rank());
        }
    }

    private static Optional<String> refusalOfAll(SupervisorState state) {
        if (state.phase() instanceof Phase.Ended) {
            return Optional.of("the run is over");
        }
        if (state.plan().serves()) {
            return Optional.of("this job answers questions, there is no training to control");
        }
        return state.stop().map(stop -> "the run is stopping: " + stop.reason());
    }

    private static void answer(Turn turn, Outcome outcome, String text) {
        turn.effect(new Effect.AnswerControl(new ControlAnswer(outcome, text)));
    }

    /** Everybody who looks on hears what one of them has done. */
    private static void accept(Turn turn, String text) {
        turn.announce(new RunNews.ControlAccepted(text));
        answer(turn, Outcome.ACCEPTED, text);
    }

    private static void checkpoint(Turn turn) {
        SupervisorState state = turn.state();
        Position committed = state.committed();
        boolean isSaved = committed.globalStep() > 0
                && committed.globalStep() == state.progress().savedGlobalStep();
        boolean isBeingSaved = state.saving()
                .filter(saving -> saving.position().equals(committed))
                .isPresent();
        if (isSaved) {
            answer(
                    turn,
                    Outcome.ALREADY,
                    "checkpoint %s holds all that is committed".formatted(JobPlan.checkpointName(committed)));
        } else if (isBeingSaved) {
            answer(
                    turn,
                    Outcome.ALREADY,
                    "checkpoint %s is being written".formatted(JobPlan.checkpointName(committed)));
        } else if (state.orders().wantsCheckpoint()) {
            answer(turn, Outcome.ALREADY, "a checkpoint is ordered already");
        } else if (isBehindLastStep(state)) {
            answer(turn, Outcome.REFUSED, "the last step is over, and the run's model is being written");
        } else {
            turn.journal(new JournalEntry.CheckpointRequested(committed.globalStep()))
                    .become(turn.state().with(state.orders().wantingCheckpoint(true)));
            accept(
                    turn,
                    state.orders().pause() == Pause.STANDING
                            ? "a checkpoint of step %d is written".formatted(committed.globalStep())
                            : "a checkpoint follows behind the next step that is begun");
            goOn(turn);
        }
    }

    private static void pause(Turn turn) {
        SupervisorState state = turn.state();
        if (state.orders().isPaused()) {
            answer(
                    turn,
                    Outcome.ALREADY,
                    state.orders().pause() == Pause.STANDING
                            ? "the run is paused behind step %d"
                                    .formatted(state.committed().globalStep())
                            : "a pause is ordered already");
        } else if (isBehindLastStep(state)) {
            answer(
                    turn,
                    Outcome.REFUSED,
                    "the last step is over, and the run's model is being written: nothing is left to pause before");
        } else {
            turn.journal(new JournalEntry.PauseOrdered(state.committed().globalStep()))
                    .become(turn.state().with(state.orders().with(Pause.ORDERED)))
                    .announce(new RunNews.PauseOrdered());
            accept(turn, "the run pauses behind what is in flight");
            goOn(turn);
        }
    }

    private static void resume(Turn turn) {
        SupervisorState state = turn.state();
        if (!state.orders().isPaused()) {
            answer(turn, Outcome.ALREADY, "the run is not paused");
            return;
        }
        turn.journal(new JournalEntry.PauseEnded(state.committed().globalStep()))
                .become(turn.state().with(state.orders().with(Pause.NONE)))
                .announce(new RunNews.Resumed());
        accept(
                turn,
                "the run goes on behind step %d".formatted(state.committed().globalStep()));
        goOn(turn);
    }

    /** What stood still, or is to stand still, looks again. */
    private static void goOn(Turn turn) {
        TrainingRules.goOnIfTraining(turn);
        EvaluationRules.goOnIfEvaluating(turn);
    }

    /** Nothing is in flight, and the run is to stand still. A recovery that led here is over: nothing new will be committed to tell so. */
    static void stands(Turn turn) {
        Orders orders = turn.state().orders();
        if (orders.pause() != Pause.STANDING) {
            turn.become(turn.state().with(orders.with(Pause.STANDING)))
                    .announce(new RunNews.Paused(turn.state().committed()));
            RecoveryRules.overcome(turn);
        }
    }

    private static void drain(Turn turn, String nodeId) {
        SupervisorState state = turn.state();
        Optional<Member> found = state.crew().members().values().stream()
                .filter(member -> member.nodeId().equals(nodeId))
                .findFirst();
        if (found.isEmpty()) {
            String known = state.crew().members().values().stream()
                    .map(Member::nodeId)
                    .sorted()
                    .collect(Collectors.joining(", "));
            answer(
                    turn,
                    Outcome.REFUSED,
                    "there is no node %s%s".formatted(nodeId, known.isEmpty() ? "" : "; there are " + known));
            return;
        }
        Member member = found.get();
        Optional<String> refusal = refusalOfDrain(state, member);
        if (member.isLeaving()) {
            answer(turn, Outcome.ALREADY, "node %s is leaving".formatted(nodeId));
        } else if (refusal.isPresent()) {
            answer(turn, Outcome.REFUSED, refusal.get());
        } else {
            boolean isPlaced = state.placedIds().contains(member.processId());
            accept(
                    turn,
                    isPlaced
                            ? "node %s leaves; its ranks go elsewhere first".formatted(nodeId)
                            : "node %s, which hosts no rank, leaves".formatted(nodeId));
            // The node goes on asking for leave by itself, also a supervisor that knows nothing of this one's promise.
            turn.effect(new Effect.TellNode(member.processId(), new LeaveAsked("it was drained")));
            MembershipRules.leave(turn, member);
        }
    }

    private static Optional<String> refusalOfDrain(SupervisorState state, Member member) {
        String nodeId = member.nodeId();
        if (state.phase() instanceof Phase.Forming || state.phase() instanceof Phase.Gathering || !member.isReady()) {
            return Optional.of("node %s is still joining".formatted(nodeId));
        }
        if (!state.placedIds().contains(member.processId())) {
            return Optional.empty();
        }
        if (isBehindLastStep(state)) {
            return Optional.of("the last step is over, and all nodes leave when the run's model is written");
        }
        if (state.plan().recovery().attemptsMax() == 0) {
            return Optional.of("ranks cannot move: longreel.recovery.attempts-max is 0");
        }
        if (!MembershipRules.canGoOnWithout(state, member)) {
            return Optional.of("the run cannot go on without node %s: %d of %d nodes would be left%s"
                    .formatted(
                            nodeId,
                            MembershipRules.others(state, member),
                            state.plan().nodes(),
                            state.plan().recovery().isElastic() ? "" : ", and longreel.recovery.elastic is false"));
        }
        return Optional.empty();
    }

    private static void kill(Turn turn, int rank) {
        SupervisorState state = turn.state();
        boolean hasRanks = !(state.phase() instanceof Phase.Stopping || state.phase() instanceof Phase.Seeking);
        Optional<Placement> placement = state.placement();
        if (!state.plan().allowsKills()) {
            answer(turn, Outcome.REFUSED, "killing is off: set longreel.dashboard.chaos = true before the run starts");
        } else if (placement.isEmpty() || !hasRanks) {
            answer(turn, Outcome.REFUSED, "no rank lives now: the mesh is being formed");
        } else if (rank >= placement.get().ranks().size()) {
            answer(
                    turn,
                    Outcome.REFUSED,
                    "there is no rank %d; there are 0 to %d"
                            .formatted(rank, placement.get().ranks().size() - 1));
        } else if (state.plan().recovery().attemptsMax() == 0) {
            answer(turn, Outcome.REFUSED, "the run would end: longreel.recovery.attempts-max is 0");
        } else {
            kill(turn, rank, placement.get().site(rank));
        }
    }

    private static void kill(Turn turn, int rank, Placement.RankSite site) {
        Orders orders = turn.state().orders();
        boolean isKnown = orders.killed().equals(Optional.of(site.processId()));
        if (isKnown) { // whose end nobody has noticed yet, or who has not got the message
            answer(turn, Outcome.ALREADY, "process %s was told to kill itself".formatted(site.processId()));
        } else {
            turn.journal(new JournalEntry.KillOrdered(rank, site.nodeId(), site.processId()))
                    .become(turn.state().with(orders.killing(site.processId())));
            accept(
                    turn,
                    "the process of rank %d on node %s is killed (SIGKILL), with all ranks that it hosts"
                            .formatted(rank, site.nodeId()));
        }
        turn.effect(new Effect.TellNode(site.processId(), new KillProcess("rank %d was to be killed".formatted(rank))));
    }

    /** What goes on is only to write down what was trained. */
    private static boolean isBehindLastStep(SupervisorState state) {
        int stage = state.reached().stage();
        if (stage + 1 < state.plan().stages().size()) {
            return false;
        }
        return switch (state.phase()) {
            case Phase.EndingStage ending ->
                state.plan().stage(state.reached()).evaluation().isEmpty()
                        || state.progress().evaluated().contains(stage);
            case Phase.RecordingEvaluation recording -> true;
            case Phase.Exporting exporting -> true;
            case Phase.Closing closing -> true;
            default -> false;
        };
    }
}
