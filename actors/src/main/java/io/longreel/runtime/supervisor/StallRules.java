package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.supervisor.Phase.Failure;
import java.util.OptionalLong;

/**
 * A connection that breaks for less than a node's silence is tolerated may lose messages. Who waits for one that was lost waits for ever, and so
 * does everybody else; all of them live, and say so. So what is idempotent is said again, and where all ranks wait although something is awaited
 * from them, the mesh incarnation is given up.
 */
final class StallRules {
    /** Longer than a message and its answer take on a busy machine. */
    private static final long REPEAT_MS = 1_000;

    /** Two beats and what they take to arrive. */
    private static final long BEATS_MS = 300;

    /** Ranks that open their links look as if they waited. */
    private static final long CONNECT_MS = 10_000;

    private StallRules() {}

    static void timePassed(Turn turn) {
        if (isBehind(turn)) {
            return;
        }
        SavingRules.askAgainWhenLate(turn);
        if (isAwaitingRanks(turn.state().phase())) {
            long hangMs = turn.plan().recovery().hangTimeout().toMillis();
            // A beat says that a rank waits up to a tenth of a second after it has begun to.
            long limitMs = hangMs + BEATS_MS;
            if (turn.state().phase() instanceof Phase.Connecting) {
                limitMs = Math.max(CONNECT_MS, 2 * hangMs);
            }
            long stillMs = turn.nowMs() - turn.state().watch().movedMs();
            if (stillMs > limitMs && isEachHeard(turn, hangMs / 2)) {
                RecoveryRules.begin(
                        turn,
                        new Failure(
                                Category.RETRYABLE,
                                "all ranks have waited for %d ms, for each other or for a message that was lost"
                                        .formatted(stillMs),
                                true));
            }
        }
    }

    /** Ranks of whom nothing was heard may move all the same. */
    private static boolean isEachHeard(Turn turn, long withinMs) {
        return turn.state().placedIds().stream()
                .flatMap(id -> turn.state().crew().member(id).stream())
                .allMatch(member -> turn.nowMs() - member.heardMs() <= withinMs);
    }

    /**
     * Commands wait behind journal entries for a disk that is slow, so nobody can be blamed for not doing them yet: all times begin when the
     * recorder has caught up.
     */
    private static boolean isBehind(Turn turn) {
        Watch watch = turn.state().watch();
        if (watch.askedMs().isEmpty()) {
            turn.become(turn.state().with(watch.asked(OptionalLong.of(turn.nowMs()))))
                    .effect(new Effect.AskCaughtUp());
            return false;
        }
        if (turn.nowMs() - watch.askedMs().getAsLong() <= LivenessRules.AWAY_MS) {
            return false;
        }
        turn.become(turn.state().with(watch.moved(turn.nowMs())));
        switch (turn.state().phase()) {
            case Phase.Stopping stopping -> turn.enter(stopping.until(turn.nowMs() + RecoveryRules.STOP_RANKS_MS));
            case Phase.Seeking seeking ->
                turn.enter(seeking.waiting(
                        turn.nowMs(), turn.plan().recovery().waitForNodes().toMillis()));
            default -> {} // others have no times of their own
        }
        return true;
    }

    static void caughtUp(Turn turn) {
        turn.become(turn.state().with(turn.state().watch().asked(OptionalLong.empty())));
    }

    private static boolean isAwaitingRanks(Phase phase) {
        return switch (phase) {
            case Phase.AllRanks told -> true;
            case Phase.Training training -> !training.votes().nothingInFlight();
            case Phase.Evaluating evaluating -> !evaluating.votes().nothingInFlight();
            case Phase.Serving serving -> !serving.isIdle();
            case Phase.Forming forming -> false;
            case Phase.Gathering gathering -> false;
            case Phase.Stopping stopping -> false;
            case Phase.Seeking seeking -> false;
            case Phase.RecordingEvaluation recording -> false;
            case Phase.Closing closing -> false;
            case Phase.Ended ended -> false;
        };
    }

    /** Whatever changes the phase is a move. */
    @SuppressWarnings("ReferenceEquality")
    static void noteMove(Turn turn, SupervisorState before) {
        // Phases are made anew only by what changes them; comparing what is in them would cost more than it tells.
        if (turn.state().phase() != before.phase()) {
            turn.become(turn.state().with(turn.state().watch().moved(turn.nowMs())));
        }
    }

    /** A rank that computes moves, and so does one whose progress has grown. */
    static void noteMove(Turn turn, Beat beat, Member before) {
        for (RankPulse rank : beat.ranks()) {
            Member.Pulse known = before.pulses().get(rank.rank());
            if (!rank.isWaiting() || known == null || known.progress() != rank.progress()) {
                turn.become(turn.state().with(turn.state().watch().moved(turn.nowMs())));
                return;
            }
        }
    }

    /** A node that lives and does not say that its ranks have stopped may not have heard of it, or said it in vain. */
    static void repeatStop(Turn turn, String processId) {
        if (turn.state().phase() instanceof Phase.Stopping stopping
                && stopping.waiting().contains(processId)
                && turn.nowMs() - (stopping.deadlineMs() - RecoveryRules.STOP_RANKS_MS) >= REPEAT_MS) {
            turn.effect(new Effect.TellNode(
                    processId, new StopRanks(turn.state().generation(), "said again: no answer has come")));
        }
    }
}
