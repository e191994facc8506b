package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand.RunStep;
import io.longreel.runtime.protocol.RankCommand.SaveSlice;
import io.longreel.runtime.protocol.RankReport.SliceSaved;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RecordReport.ManifestWritten;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Steps and checkpoints of a stage. Steps are issued up to {@code commitWindow} ahead of the oldest that is not
 * committed, but never past a step after which a checkpoint is due: a slice is written by ranks that stand still at the
 * same position. A step is committed when all ranks report the same result, to the bit.
 */
final class TrainingRules {
    /** Committed steps between two entries in the journal; checkpoints have entries of their own. */
    static final int JOURNAL_EVERY_STEPS = 50;

    /** So many steps in a row without a finite gradient, and the run is beyond repair. */
    static final int UNAPPLIED_IN_A_ROW_MAX = 20;

    private TrainingRules() {}

    static void start(Turn turn) {
        turn.enter(new Phase.Training(Votes.from(turn.state().committed().step())));
        goOn(turn);
    }

    /** Issues what may be issued; when nothing is in flight, decides what comes next. */
    private static void goOn(Turn turn) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Training training)) {
            throw new IllegalStateException("only training goes on: phase=" + state.phase());
        }
        boolean stopping = state.stop().isPresent();
        if (training.votes().nothingInFlight()) {
            boolean stageIsOver = state.committed().step()
                    == turn.plan().stage(state.committed()).steps();
            if (state.hasUnsavedSteps() && (stopping || stageIsOver || isCheckpointDue(state))) {
                turn.enter(new Phase.Saving(new TreeMap<>()))
                        .effect(new Effect.PrepareCheckpoint(state.committed()))
                        .tellAll(new SaveSlice(state.at(), turn.plan().checkpointDirectory(state.committed())));
                return;
            }
            if (stopping) {
                EndingRules.endStopped(turn);
                return;
            }
            if (stageIsOver) {
                StageRules.endStage(turn);
                return;
            }
        }
        if (!stopping) {
            issue(turn, training.votes());
        }
    }

    private static void issue(Turn turn, Votes<StepFinished> votes) {
        SupervisorState state = turn.state();
        int limit = Math.min(state.committed().step() + turn.plan().commitWindow(), issueLimit(state));
        for (int step = votes.issued(); step < limit; step++) {
            turn.tellAll(new RunStep(state.at(step)));
        }
        turn.enter(new Phase.Training(votes.issuedUpTo(Math.max(limit, votes.issued()))));
    }

    private static boolean isCheckpointDue(SupervisorState state) {
        int every = state.plan().checkpointEverySteps();
        return every > 0 && state.committed().globalStep() % every == 0;
    }

    /** First step of the stage that must not be issued before the next checkpoint stands. */
    private static int issueLimit(SupervisorState state) {
        int steps = state.plan().stage(state.committed()).steps();
        int every = state.plan().checkpointEverySteps();
        if (every <= 0) {
            return steps;
        }
        long toGo = every - state.committed().globalStep() % every;
        return (int) Math.min(steps, state.committed().step() + toGo);
    }

    static void stepFinished(Turn turn, StepFinished finished) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Training training)
                || finished.at().stage() != state.committed().stage()
                || !training.votes().awaits(finished.at().step(), finished.rank())) {
            turn.ignore(finished);
            return;
        }
        Votes<StepFinished> votes = training.votes().with(finished.at().step(), finished.rank(), finished);
        turn.enter(new Phase.Training(votes));
        while (votes.isNextComplete(state.worldSize())) {
            Map<StepResult, List<Integer>> camps = votes.camps(StepFinished::result);
            if (camps.size() > 1) {
                EndingRules.disagreement(turn, "step %d".formatted(votes.next()), camps);
                return;
            }
            commit(turn, votes);
            votes = votes.withoutNext();
            turn.enter(new Phase.Training(votes));
        }
        if (turn.state().unappliedInARow() >= UNAPPLIED_IN_A_ROW_MAX) {
            EndingRules.fail(
                    turn,
                    RuntimeFailure.Category.FATAL,
                    "loss or gradients were not finite in %d steps in a row, the last of stage %s, step %d: lower the learning rate or clip"
                            .formatted(
                                    UNAPPLIED_IN_A_ROW_MAX,
                                    turn.plan().stage(turn.state().committed()).name(),
                                    turn.state().committed().step()));
            return;
        }
        goOn(turn);
    }

    private static void commit(Turn turn, Votes<StepFinished> votes) {
        SupervisorState state = turn.state();
        List<StepFinished> reports = new ArrayList<>(votes.nextVotes().values());
        StepResult result = reports.getFirst().result();
        long slowestNs =
                reports.stream().mapToLong(StepFinished::durationNs).max().orElse(0);
        SentBytes sent = reports.stream().map(StepFinished::sent).reduce(SentBytes.NONE, SentBytes::plus);
        Position position = state.committed().committedOneMore();
        CommittedStep step = new CommittedStep(
                position, turn.plan().stage(position).name(), result, slowestNs / 1e6, sent, turn.nowMs());
        turn.become(state.committed(position, result.applied() ? 0 : state.unappliedInARow() + 1))
                .effect(new Effect.RecordStep(step))
                .announce(new RunNews.StepCommitted(step));
        if (position.globalStep() % JOURNAL_EVERY_STEPS == 0) {
            turn.journal(new JournalEntry.StepsCommitted(
                    state.generation(), position.stage(), position.step(), position.globalStep(), result.loss()));
        }
    }

    static void sliceSaved(Turn turn, SliceSaved saved) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Saving saving)
                || saving.slices().containsKey(saved.rank())
                || !saved.at().equals(state.at())) {
            turn.ignore(saved);
            return;
        }
        Phase.Saving next = saving.with(new Slice(saved.rank(), saved.name(), saved.sizeBytes(), saved.sha256()));
        turn.enter(next);
        if (next.slices().size() < state.worldSize()) {
            return;
        }
        Position position = state.committed();
        String name = JobPlan.checkpointName(position);
        turn.enter(new Phase.Sealing())
                .journal(new JournalEntry.SlicesSaved(
                        state.generation(), name, position.stage(), position.step(), position.globalStep()))
                .effect(new Effect.WriteManifest(
                        name,
                        state.generation(),
                        position,
                        List.copyOf(next.slices().values())));
    }

    static void manifestWritten(Turn turn, ManifestWritten written) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Sealing)) {
            turn.ignore(written);
            return;
        }
        String checkpoint = written.checkpoint();
        Position position = state.committed();
        turn.become(state.saved())
                .journal(new JournalEntry.CheckpointCommitted(
                        checkpoint, position.stage(), position.step(), position.globalStep()))
                .announce(new RunNews.CheckpointWritten(checkpoint, position));
        start(turn);
    }
}
