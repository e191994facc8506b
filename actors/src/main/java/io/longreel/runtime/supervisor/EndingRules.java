package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.RankCommand.AbortGeneration;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.RecordReport.ReportWritten;
import io.longreel.runtime.supervisor.Phase.Failure;
import io.longreel.runtime.supervisor.SupervisorState.Member;
import io.longreel.runtime.supervisor.SupervisorState.StopRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a run ends: finished, stopped, or failed. A rank whose wait was given up is a symptom; the supervisor waits a
 * moment for the cause, so that the one line that the user reads names it.
 */
final class EndingRules {
    /** How long to wait for a cause after a symptom. Longer than the failure detection of the cluster. */
    static final long CAUSE_GRACE_MS = 8_000;

    /** How long what is in flight may take when a stop was asked for. */
    static final long STOP_GRACE_MS = 120_000;

    private EndingRules() {}

    static void stopAsked(Turn turn, String reason) {
        SupervisorState state = turn.state();
        if (state.stop().isPresent()) {
            return;
        }
        switch (state.phase()) {
            case Phase.Ended ended -> {}
            case Phase.Failing failing -> {}
            case Phase.Forming forming -> endAtOnce(turn, reason);
            case Phase.Connecting connecting -> endAtOnce(turn, reason);
            case Phase.Loading loading -> endAtOnce(turn, reason);
            case Phase.BeginningStage beginning -> drain(turn, reason);
            case Phase.Training training -> drain(turn, reason);
            case Phase.Saving saving -> drain(turn, reason);
            case Phase.Sealing sealing -> drain(turn, reason);
            case Phase.EndingStage ending -> drain(turn, reason);
            case Phase.Evaluating evaluating -> drain(turn, reason);
            case Phase.RecordingEvaluation recording -> drain(turn, reason);
            case Phase.Exporting exporting -> drain(turn, reason);
            case Phase.Closing closing -> drain(turn, reason);
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
        String text = state.committed().globalStep() == 0
                ? "stopped before the first step"
                : "stopped at step %d, resume with %s"
                        .formatted(state.committed().globalStep(), turn.plan().resumeCommand());
        end(turn, 0, text);
    }

    static void rankFailed(Turn turn, RankFailed failed) {
        String node = turn.state()
                .placement()
                .map(placement -> placement.site(failed.rank()).nodeId())
                .orElse("?");
        String stage = turn.plan().stages().get(failed.at().stage()).name();
        String text = "rank %d on %s failed in stage %s, step %d: %s"
                .formatted(failed.rank(), node, stage, failed.at().step(), failed.message());
        failure(turn, new Failure(failed.category(), text, failed.category() != Category.RETRYABLE));
    }

    static void nodeFailed(Turn turn, NodeFailed failed) {
        Member member = turn.state().members().get(failed.processId());
        String text =
                "%s (on node %s)".formatted(failed.message(), member == null ? failed.processId() : member.nodeId());
        failure(turn, new Failure(failed.category(), text, true));
    }

    static void nodeLost(Turn turn, Event.NodeLost lost) {
        Member member = turn.state().members().get(lost.processId());
        if (member != null) {
            failure(
                    turn,
                    new Failure(
                            Category.RETRYABLE,
                            "node %s was lost: %s".formatted(member.nodeId(), lost.reason()),
                            true));
        } else if (lost.wasForked() && turn.state().phase() instanceof Phase.Forming) {
            fail(
                    turn,
                    Category.FATAL,
                    "worker %s ended before it joined: %s".formatted(lost.processId(), lost.reason()));
        } else {
            turn.effect(new Effect.Note("a process that is no member is gone: processId=" + lost.processId()));
        }
    }

    static void recordFailed(Turn turn, String message) {
        failure(turn, new Failure(Category.FATAL, message, true));
    }

    static void fail(Turn turn, Category category, String message) {
        failure(turn, new Failure(category, message, true));
    }

    /**
     * Some rank computes something else than the others: its memory, its kernels or its messages are wrong, and nothing
     * it holds can be trusted.
     */
    static <R> void disagreement(Turn turn, String what, Map<R, List<Integer>> camps) {
        String sides = camps.entrySet().stream()
                .map(camp -> "ranks %s: %s".formatted(camp.getValue(), camp.getKey()))
                .collect(Collectors.joining("; "));
        fail(
                turn,
                Category.FATAL,
                "silent corruption: ranks disagree on %s of stage %s: %s"
                        .formatted(
                                what,
                                turn.plan().stage(turn.state().committed()).name(),
                                sides));
    }

    private static void failure(Turn turn, Failure failure) {
        switch (turn.state().phase()) {
            case Phase.Ended ended -> turn.effect(new Effect.Note("failed after the end: " + failure.message()));
            case Phase.Failing failing -> {
                List<Failure> all = new ArrayList<>(failing.failures());
                all.add(failure);
                turn.enter(new Phase.Failing(all, failing.deadlineMs()));
                if (failure.isCause()) {
                    endFailed(turn, failure);
                }
            }
            default -> { // every other phase fails the same way
                turn.enter(new Phase.Failing(List.of(failure), turn.nowMs() + CAUSE_GRACE_MS));
                if (turn.state().placement().isPresent()) {
                    turn.tellAll(new AbortGeneration(turn.state().at(), failure.message()));
                }
                if (failure.isCause()) {
                    endFailed(turn, failure);
                }
            }
        }
    }

    static void timePassed(Turn turn) {
        SupervisorState state = turn.state();
        if (state.phase() instanceof Phase.Ended) {
            return;
        }
        if (state.phase() instanceof Phase.Failing failing) {
            if (turn.nowMs() >= failing.deadlineMs()) {
                endFailed(turn, failing.failures().getFirst());
            }
        } else if (state.phase() instanceof Phase.Forming forming
                && state.members().size() < turn.plan().nodes() // who has joined may take its time to open its files
                && turn.nowMs() >= forming.deadlineMs()) {
            fail(
                    turn,
                    Category.CONFIG,
                    "only %d of %d nodes joined within %d s: start the missing workers, or raise longreel.cluster.join-timeout"
                            .formatted(
                                    state.members().size(),
                                    turn.plan().nodes(),
                                    turn.plan().joinTimeoutMs() / 1000));
        } else if (state.stop().isPresent()
                && turn.nowMs() >= state.stop().get().deadlineMs()) {
            fail(turn, Category.FATAL, "what was in flight did not end within %d s".formatted(STOP_GRACE_MS / 1000));
        }
    }

    private static void endFailed(Turn turn, Failure failure) {
        boolean isUserError = failure.category() == Category.CONFIG || failure.category() == Category.DATA;
        SupervisorState state = turn.state();
        String hint = state.savedGlobalStep() == 0
                ? ""
                : "; go on from step %d with %s"
                        .formatted(state.savedGlobalStep(), turn.plan().resumeCommand());
        end(turn, isUserError ? 2 : 1, failure.message() + hint);
    }

    static void reportWritten(Turn turn, ReportWritten written) {
        if (turn.state().phase() instanceof Phase.Closing) {
            end(turn, 0, "finished: %d steps".formatted(turn.state().committed().globalStep()));
        } else {
            turn.ignore(written);
        }
    }

    static void end(Turn turn, int exitCode, String message) {
        turn.enter(new Phase.Ended(exitCode, message)).journal(new JournalEntry.RunEnded(exitCode, message));
        turn.state()
                .members()
                .keySet()
                .forEach(processId -> turn.effect(new Effect.TellNode(processId, new StopNode(exitCode, message))));
        turn.effect(new Effect.Finish(exitCode, message));
    }
}
