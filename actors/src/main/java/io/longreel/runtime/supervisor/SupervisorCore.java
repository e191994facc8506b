package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.CommandFenced;
import io.longreel.runtime.protocol.RankReport.ModelExported;
import io.longreel.runtime.protocol.RankReport.Prepared;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.RankReport.SnapshotTaken;
import io.longreel.runtime.protocol.RankReport.StageBegun;
import io.longreel.runtime.protocol.RankReport.StageEnded;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RankReport.TickDone;
import io.longreel.runtime.protocol.RecordReport;

/**
 * The supervisor's decisions: a pure function from state and event to the next state and effects. The same events give
 * the same run, so it is tested and simulated without actors, files or time. The rules of each part of a run stand in
 * classes of their own; this one decides which of them an event belongs to, and fences messages of other mesh
 * incarnations.
 */
public final class SupervisorCore {
    private SupervisorCore() {}

    /** Decides one event. */
    public static Decision apply(SupervisorState state, Event event) {
        Turn turn = new Turn(state, event.atMs());
        switch (event) {
            case Event.NodeReported reported -> MembershipRules.onNode(turn, reported.report());
            case Event.RankReported reported -> onRank(turn, reported.report());
            case Event.FilesRecorded recorded -> onRecorded(turn, recorded.report());
            case Event.NodeLost lost -> FailureRules.nodeLost(turn, lost);
            case Event.StopAsked asked -> EndingRules.stopAsked(turn, asked.reason());
            case Event.ControlAsked asked -> ControlRules.asked(turn, asked.control());
            case Event.TickAsked asked -> ServingRules.tickAsked(turn, asked.tick());
            case Event.TimePassed passed -> LivenessRules.timePassed(turn);
        }
        StallRules.noteMove(turn, state);
        return turn.decision();
    }

    private static void onRank(Turn turn, RankReport report) {
        SupervisorState state = turn.state();
        boolean isLast = state.phase() instanceof Phase.Stopping && report.at().generation() == state.generation() - 1;
        if (isLast && report instanceof RankFailed failed) {
            FailureRules.rankFailedBefore(turn, failed);
            return;
        }
        if (report.at().generation() != state.generation() || state.placement().isEmpty()) {
            turn.become(state.fencedOneMore())
                    .effect(new Effect.AnswerSender(new RankCommand.Fenced(report.at(), state.generation())))
                    .effect(new Effect.Note(
                            "report fenced: expected=%d report=%s".formatted(state.generation(), report)));
            return;
        }
        if (state.phase() instanceof Phase.Ended) {
            turn.ignore(report);
        } else {
            onCurrentRank(turn, report);
        }
    }

    private static void onCurrentRank(Turn turn, RankReport report) {
        switch (report) {
            case RankConnected connected -> RecoveryRules.rankConnected(turn, connected);
            case Prepared prepared -> StageRules.prepared(turn, prepared);
            case StageBegun begun -> StageRules.stageBegun(turn, begun);
            case StepFinished finished -> TrainingRules.stepFinished(turn, finished);
            case SnapshotTaken taken -> TrainingRules.snapshotTaken(turn, taken);
            case StageEnded ended -> StageRules.stageEnded(turn, ended);
            case CellEvaluated evaluated -> EvaluationRules.cellEvaluated(turn, evaluated);
            case ModelExported exported -> StageRules.modelExported(turn, exported);
            case TickDone done -> ServingRules.tickDone(turn, done);
            case RankFailed failed -> FailureRules.rankFailed(turn, failed);
            case CommandFenced fenced ->
                turn.become(turn.state().fencedOneMore()).effect(new Effect.Note("command fenced: " + fenced));
        }
    }

    private static void onRecorded(Turn turn, RecordReport report) {
        switch (report) {
            case RecordReport.RecordFailed failed -> EndingRules.recordFailed(turn, failed.message());
            case RecordReport.ManifestWritten written -> SavingRules.manifestWritten(turn, written);
            case RecordReport.SavingFailed failed -> SavingRules.savingFailed(turn, failed);
            case RecordReport.CheckpointFound found -> RecoveryRules.checkpointFound(turn, found);
            case RecordReport.EvaluationWritten written -> EvaluationRules.evaluationWritten(turn, written);
            case RecordReport.CaughtUp caughtUp -> StallRules.caughtUp(turn);
            case RecordReport.ReportWritten written -> EndingRules.reportWritten(turn, written);
        }
    }

    /** The entry that a supervisor writes before anything else. */
    public static JournalEntry opening(JobPlan plan) {
        return new JournalEntry.RunStarted(
                plan.name(),
                plan.mesh().toString(),
                plan.nodes(),
                plan.stages().size(),
                plan.start().position().globalStep());
    }
}
