package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand.RunStep;
import io.longreel.runtime.protocol.RankCommand.SkipStep;
import io.longreel.runtime.protocol.RankCommand.TakeSnapshot;
import io.longreel.runtime.protocol.RankReport.SnapshotTaken;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SkippedSample;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Steps of a stage. They are issued up to {@code commitWindow} ahead of the oldest that is not committed. A step is committed when all ranks
 * report the same, believable result, to the bit; steps that counted already before a fault are computed again and compared, not counted twice.
 */
final class TrainingRules {
    /** So many steps in a row without a finite gradient, and the run is beyond repair. */
    static final int UNAPPLIED_IN_A_ROW_MAX = 20;

    private TrainingRules() {}

    static void start(Turn turn) {
        turn.enter(new Phase.Training(Votes.from(turn.state().reached().step()), Set.of()));
        goOn(turn);
    }

    /** Something that training waited for may be there. */
    static void goOnIfTraining(Turn turn) {
        if (turn.state().phase() instanceof Phase.Training) {
            goOn(turn);
        }
    }

    /** Issues what may be issued; when nothing is in flight, decides what comes next. */
    private static void goOn(Turn turn) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Training training)) {
            throw new IllegalStateException("only training goes on: phase=" + state.phase());
        }
        boolean standsStill = training.votes().nothingInFlight();
        boolean stageIsOver =
                state.reached().step() == turn.plan().stage(state.reached()).steps();
        if (state.stop().isPresent() && !state.progress().isReplaying()) {
            if (standsStill) {
                saveAndEnd(turn);
            }
        } else if (state.move().isPresent()) {
            if (standsStill) {
                moveWhenHeld(turn);
            }
        } else if (state.orders().isPaused() && !state.progress().isReplaying()) {
            if (standsStill) {
                standStill(turn);
            }
        } else if (standsStill && stageIsOver) {
            endStage(turn);
        } else {
            issue(turn, training);
        }
    }

    private static void saveAndEnd(Turn turn) {
        SupervisorState state = turn.state();
        if (state.saving().isPresent()) {
            return; // its end asks again
        }
        if (!state.progress().hasUnsavedSteps()) {
            EndingRules.endStopped(turn);
        } else if (isHeld(state)) {
            SavingRules.begin(turn);
        } else {
            takeSnapshot(turn);
        }
    }

    /** Nothing is commanded but what somebody asks for meanwhile. */
    private static void standStill(Turn turn) {
        ControlRules.stands(turn);
        SupervisorState state = turn.state();
        if (!state.orders().wantsCheckpoint() || state.saving().isPresent()) {
            return; // the end of a checkpoint that is being written asks again
        }
        if (!state.progress().hasUnsavedSteps()) {
            turn.become(state.with(state.orders().wantingCheckpoint(false)));
        } else if (isHeld(state)) {
            SavingRules.begin(turn);
        } else {
            takeSnapshot(turn);
        }
    }

    private static void moveWhenHeld(Turn turn) {
        SupervisorState state = turn.state();
        if (isHeld(state)) {
            RecoveryRules.move(turn, state.move().orElseThrow());
        } else {
            takeSnapshot(turn);
        }
    }

    private static void endStage(Turn turn) {
        SupervisorState state = turn.state();
        boolean mustSave = state.progress().hasUnsavedSteps() && !isSavingThis(state);
        if (mustSave && state.saving().isPresent()) {
            return; // one checkpoint at a time; its end asks again
        }
        if (mustSave && !isHeld(state)) {
            takeSnapshot(turn);
            return;
        }
        if (mustSave) {
            SavingRules.begin(turn);
        }
        StageRules.endStage(turn);
    }

    /** Whether the memories hold the state that the ranks have reached. */
    private static boolean isHeld(SupervisorState state) {
        return state.progress().keepFrom().equals(SnapshotId.at(state.at()));
    }

    private static boolean isSavingThis(SupervisorState state) {
        return state.saving()
                .filter(saving -> saving.position().equals(state.reached()))
                .isPresent();
    }

    private static void takeSnapshot(Turn turn) {
        SupervisorState state = turn.state();
        turn.enter(new Phase.Snapshotting(state.allRanks())).tellAll(new TakeSnapshot(state.at()));
    }

    static void snapshotTaken(Turn turn, SnapshotTaken taken) {
        turn.lastAnswer(taken, Phase.Snapshotting.class).ifPresent(all -> {
            snapshotHeld(turn);
            start(turn);
        });
    }

    /** All ranks hold a snapshot of the position that they have reached. */
    static void snapshotHeld(Turn turn) {
        SupervisorState state = turn.state();
        turn.become(state.with(state.progress().keepingFrom(SnapshotId.at(state.at())))
                .with(state.watch().with(state.watch().pace().ordered(turn.nowMs()))));
    }

    private static void issue(Turn turn, Phase.Training training) {
        SupervisorState state = turn.state();
        int steps = turn.plan().stage(state.reached()).steps();
        int limit = Math.min(
                stepsToIssue(state), state.reached().step() + turn.plan().commitWindow());
        Set<Integer> snapshots = new TreeSet<>(training.snapshots());
        snapshots.removeIf(step -> step < training.votes().next());
        for (int step = training.votes().issued(); step < limit; step++) {
            long globalStep =
                    state.reached().globalStep() + step - state.reached().step();
            boolean takes = takesSnapshot(turn, globalStep + 1, step + 1 == steps)
                    || (snapshots.isEmpty() && isWished(turn.state(), globalStep + 1));
            if (takes) {
                snapshots.add(step);
                Measuring.ordered(turn);
            }
            SnapshotId keepFrom = turn.state().progress().keepFrom();
            turn.tellAll(
                    state.progress().skipped().contains(globalStep)
                            ? new SkipStep(state.at(step), takes, keepFrom)
                            : new RunStep(state.at(step), takes, keepFrom));
        }
        turn.enter(new Phase.Training(
                training.votes().issuedUpTo(Math.max(limit, training.votes().issued())), snapshots));
    }

    /** A run that is paused while it computes again what is committed goes no further than that. */
    private static int stepsToIssue(SupervisorState state) {
        int steps = state.plan().stage(state.reached()).steps();
        boolean endsHere = state.orders().isPaused()
                && state.committed().stage() == state.reached().stage();
        return endsHere ? state.committed().step() : steps;
    }

    /** Whether the wished checkpoint can be that of this step: one checkpoint at a time, and none of what is only computed again. */
    private static boolean isWished(SupervisorState state, long globalStepAfter) {
        return state.orders().wantsCheckpoint()
                && state.saving().isEmpty()
                && globalStepAfter > state.committed().globalStep();
    }

    private static boolean takesSnapshot(Turn turn, long globalStepAfter, boolean isLast) {
        SupervisorState state = turn.state();
        return isLast
                || SavingRules.isDue(state, globalStepAfter)
                || state.watch().pace().isDue(turn.plan().recovery(), globalStepAfter, turn.nowMs());
    }

    static void stepFinished(Turn turn, StepFinished finished) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Training training)
                || finished.at().stage() != state.reached().stage()
                || !training.votes().awaits(finished.at().step(), finished.rank())) {
            turn.ignore(finished);
            return;
        }
        Votes<StepFinished> votes = training.votes().with(finished.at().step(), finished.rank(), finished);
        Set<Integer> snapshots = training.snapshots();
        turn.enter(new Phase.Training(votes, snapshots));
        while (votes.isNextComplete(state.worldSize())) {
            Map<StepResult, List<Integer>> camps = votes.camps(StepFinished::result);
            if (!GuardRules.accepts(turn, camps)) {
                return;
            }
            boolean held = snapshots.contains(votes.next());
            List<StepFinished> reports = votes.nextVotes();
            count(turn, reports);
            votes = votes.withoutNext();
            turn.enter(new Phase.Training(votes, snapshots));
            afterStep(turn, reports, held);
        }
        if (isBeyondRepair(turn)) {
            return;
        }
        goOn(turn);
    }

    private static boolean isBeyondRepair(Turn turn) {
        if (turn.state().progress().unappliedInARow() < UNAPPLIED_IN_A_ROW_MAX) {
            return false;
        }
        if (turn.state().progress().learnedNothing()) {
            EndingRules.fail(
                    turn,
                    RuntimeFailure.Category.DATA,
                    "no record could be used in %d steps in a row, the last of stage %s, step %d; the journal names them: mend them, or mix another dataset"
                            .formatted(
                                    UNAPPLIED_IN_A_ROW_MAX,
                                    turn.plan().stage(turn.state().reached()).name(),
                                    turn.state().reached().step()));
            return true;
        }
        EndingRules.fail(
                turn,
                RuntimeFailure.Category.FATAL,
                "loss or gradients were not finite in %d steps in a row, the last of stage %s, step %d: lower the learning rate or clip"
                        .formatted(
                                UNAPPLIED_IN_A_ROW_MAX,
                                turn.plan().stage(turn.state().reached()).name(),
                                turn.state().reached().step()));
        return true;
    }

    /** The ranks agreed on the next step: it is committed, or it was before. */
    private static void count(Turn turn, List<StepFinished> reports) {
        SupervisorState state = turn.state();
        StepResult result = reports.getFirst().result();
        if (state.progress().isReplaying()) {
            turn.become(state.with(state.progress().replayedOneMore())
                    .recovering(state.recovery().map(Recovery::oneMoreReplayed)));
            return;
        }
        StepCost cost = StepCost.of(reports.stream().map(StepFinished::times).toList());
        SentBytes sent = reports.stream().map(StepFinished::sent).reduce(SentBytes.NONE, SentBytes::plus);
        turn.become(state.with(state.progress().committedOneMore(result, !result.applied()))
                .with(state.watch().with(state.watch().losses().with(result.loss()))));
        Position position = turn.state().reached();
        CommittedStep step = new CommittedStep(
                position, turn.plan().stage(position).name(), result, cost, sent, StepData.of(reports), reports);
        List<SkippedSample> skipped = reports.stream()
                .flatMap(report -> report.skipped().stream())
                .distinct()
                .sorted(Comparator.comparingInt(SkippedSample::sample))
                .toList();
        turn.journal(new JournalEntry.StepCommitted(
                        state.generation(), position.stage(), position.step(), position.globalStep(), result, skipped))
                .effect(new Effect.RecordStep(step))
                .announce(new RunNews.StepCommitted(step));
        skipped.forEach(record -> turn.announce(new RunNews.RecordSkipped(step.stageName(), position.step(), record)));
        RecoveryRules.overcome(turn);
    }

    private static void afterStep(Turn turn, List<StepFinished> reports, boolean held) {
        Measuring.measured(turn, reports.stream().map(StepFinished::times).toList(), held);
        if (!held) {
            return;
        }
        SupervisorState state = turn.state();
        turn.become(state.with(state.progress().keepingFrom(SnapshotId.at(state.at()))));
        boolean isDue = SavingRules.isDue(state, state.reached().globalStep())
                && state.progress().hasUnsavedSteps();
        boolean isWished = state.orders().wantsCheckpoint()
                && !state.progress().isReplaying()
                && state.progress().hasUnsavedSteps();
        if ((isDue || isWished) && state.saving().isEmpty()) {
            SavingRules.begin(turn);
        } else if (isDue && !isSavingThis(state)) {
            SavingRules.skip(turn, state.saving().get());
        }
    }

    /** What is measured beside the steps. */
    private static final class Measuring {
        static void ordered(Turn turn) {
            SupervisorState state = turn.state();
            turn.become(state.with(state.watch().with(state.watch().pace().ordered(turn.nowMs()))));
        }

        static void measured(Turn turn, List<StepTimes> times, boolean held) {
            SupervisorState state = turn.state();
            Watch watch = state.watch();
            if (held) {
                watch = watch.with(watch.pace().measured(StepCost.of(times).snapshotMs()));
            }
            Stragglers stragglers = watch.stragglers().with(times);
            Map<Integer, Double> slow = stragglers.news();
            slow.forEach((rank, score) -> turn.announce(new RunNews.StragglerFound(
                    rank, state.placement().map(p -> p.site(rank).nodeId()).orElse("?"), score)));
            turn.become(state.with(watch.with(stragglers.told(slow.keySet()))));
        }
    }
}
