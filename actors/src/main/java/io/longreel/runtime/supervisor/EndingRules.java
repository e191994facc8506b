package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.RankCommand.AbortGeneration;
import io.longreel.runtime.protocol.RecordReport.ReportWritten;
import io.longreel.runtime.supervisor.Phase.Failure;
import io.longreel.runtime.supervisor.SupervisorState.StopRequest;

/**
 * How a run ends: finished, stopped, or failed beyond recovery.
 */
final class EndingRules {
    /** How long what is in flight may take when a stop was asked for. */
    static final long STOP_GRACE_MS = 120_000;

    private EndingRules() {}

    static void stopAsked(Turn turn, String reason) {
        SupervisorState state = turn.state();
        if (state.stop().isPresent()) {
            return;
        }
        boolean nothingToSave = !state.progress().hasUnsavedSteps()
                && state.committed().globalStep() == state.progress().savedGlobalStep();
        switch (state.phase()) {
            case Phase.Ended ended -> {}
            case Phase.Forming forming -> endAtOnce(turn, reason);
            case Phase.Gathering gathering -> drain(turn, reason);
            case Phase.Stopping stopping -> endOrDrain(turn, reason, nothingToSave);
            case Phase.Seeking seeking -> endOrDrain(turn, reason, nothingToSave);
            case Phase.Connecting connecting -> endOrDrain(turn, reason, nothingToSave);
            case Phase.Loading loading -> endOrDrain(turn, reason, nothingToSave);
            case Phase.BeginningStage beginning -> drain(turn, reason);
            case Phase.Training training -> {
                drain(turn, reason);
                TrainingRules.goOnIfTraining(turn);
            }
            case Phase.Serving serving -> {
                drain(turn, reason);
                ServingRules.goOn(turn);
            }
            case Phase.Snapshotting snapshotting -> drain(turn, reason);
            case Phase.EndingStage ending -> drain(turn, reason);
            case Phase.Evaluating evaluating -> {
                drain(turn, reason);
                EvaluationRules.goOnIfEvaluating(turn);
            }
            case Phase.RecordingEvaluation recording -> drain(turn, reason);
            case Phase.ExportingStage exporting -> drain(turn, reason);
            case Phase.Exporting exporting -> drain(turn, reason);
            case Phase.Closing closing -> drain(turn, reason);
        }
    }

    private static void endOrDrain(Turn turn, String reason, boolean nothingToSave) {
        if (nothingToSave) {
            endAtOnce(turn, reason);
        } else {
            drain(turn, reason);
        }
    }

    /**
     * Nothing has been trained since the last checkpoint, and ranks may wait for each other: give the incarnation up.
     */
    private static void endAtOnce(Turn turn, String reason) {
        request(turn, reason);
        endStopped(turn);
    }

    /** What is in flight ends by itself; the rules of each phase look at the request when nothing is. */
    private static void drain(Turn turn, String reason) {
        request(turn, reason);
    }

    private static void request(Turn turn, String reason) {
        turn.become(turn.state().stopping(new StopRequest(reason, turn.nowMs() + STOP_GRACE_MS)))
                .journal(new JournalEntry.StopRequested(reason))
                .announce(new RunNews.Stopping(reason));
    }

    static void endStopped(Turn turn) {
        SupervisorState state = turn.state();
        if (turn.plan().serves()) {
            endServed(turn);
            return;
        }
        String text = state.committed().globalStep() == 0
                ? "stopped before the first step"
                : "stopped at step %d, resume with %s"
                        .formatted(state.committed().globalStep(), turn.plan().resumeCommand());
        end(turn, 0, text);
    }

    /** A job that serves has nothing to save. */
    static void endServed(Turn turn) {
        end(turn, 0, "stopped: " + turn.state().stop().map(StopRequest::reason).orElse("nobody asks any more"));
    }

    /** Stopped, but the last steps could not be saved. */
    static void endUnsaved(Turn turn, String reason) {
        fail(
                turn,
                Category.RETRYABLE,
                "stopped at step %d, which could not be saved: %s"
                        .formatted(turn.state().reached().globalStep(), reason));
    }

    static void recordFailed(Turn turn, String message) {
        fail(turn, Category.FATAL, message);
    }

    static void fail(Turn turn, Category category, String message) {
        fail(turn, new Failure(category, message, true));
    }

    static void fail(Turn turn, Failure failure) {
        if (turn.state().phase() instanceof Phase.Ended) {
            turn.effect(new Effect.Note("failed after the end: " + failure.message()));
            return;
        }
        if (turn.state().placement().isPresent()) {
            turn.tellAll(new AbortGeneration(turn.state().at(), failure.message()));
        }
        endFailed(turn, failure);
    }

    /** One recovery after the other led to nothing new. */
    static void exhausted(Turn turn) {
        Recovery recovery = turn.state().recovery().orElseThrow();
        Failure best = recovery.best();
        int attempts = recovery.attempts() - 1;
        fail(
                turn,
                new Failure(
                        best.category() == Category.DATA ? Category.FATAL : best.category(),
                        attempts == 0
                                ? best.message()
                                : "%s; %d recoveries in a row led to no new step".formatted(best.message(), attempts),
                        true));
    }

    private static void endFailed(Turn turn, Failure failure) {
        boolean isUserError = failure.category() == Category.CONFIG || failure.category() == Category.DATA;
        SupervisorState state = turn.state();
        long saved = state.progress().savedGlobalStep();
        String hint = saved == 0
                ? ""
                : "; go on from step %d with %s".formatted(saved, turn.plan().resumeCommand());
        end(turn, isUserError ? 2 : 1, failure.message() + hint);
    }

    static void reportWritten(Turn turn, ReportWritten written) {
        if (turn.state().phase() instanceof Phase.Closing) {
            turn.enter(new Phase.Closing(true));
            closeWhenAllIsWritten(turn);
        } else {
            turn.ignore(written);
        }
    }

    static void closeWhenAllIsWritten(Turn turn) {
        boolean isWritten = turn.state().phase() instanceof Phase.Closing closing && closing.isReported();
        if (isWritten && turn.state().saving().isEmpty()) {
            end(turn, 0, "finished: %d steps".formatted(turn.state().committed().globalStep()));
        }
    }

    static void end(Turn turn, int exitCode, String message) {
        turn.enter(new Phase.Ended(exitCode, message)).journal(new JournalEntry.RunEnded(exitCode, message));
        turn.state()
                .crew()
                .members()
                .keySet()
                .forEach(processId -> turn.effect(new Effect.TellNode(processId, new StopNode(exitCode, message))));
        if (turn.plan().serves()) {
            Category category = exitCode == 2 ? Category.CONFIG : exitCode == 0 ? Category.RETRYABLE : Category.FATAL;
            turn.effect(new Effect.TellEngine(new EngineNews.Failed(category, message)));
        }
        turn.effect(new Effect.Finish(exitCode, message));
    }
}
