package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Time passes: who was not heard of, and what took too long. */
final class LivenessRules {
    /** When the supervisor itself did not look at the clock for so long, it was away, and nobody can be blamed for silence. */
    static final long AWAY_MS = 500;

    /** That several nodes fall silent at once is more often the supervisor's network than all of them, and with them what is in their memories would be lost. */
    private static final long SEVERAL_SILENT_MS = 8_000;

    /** A rank that computes may be kept from its core for seconds on a busy machine, or by a collector. */
    private static final long STUCK_LEAST_MS = 10_000;

    private static final double STUCK_STEPS = 30;

    private LivenessRules() {}

    static void beat(Turn turn, Beat beat, Member member) {
        if (!member.isReady()) { // that it is ready was said, and lost on the way
            MembershipRules.nodeReady(
                    turn,
                    new NodeReady(beat.processId(), beat.nodeId(), beat.dataEndpoint(), beat.driverDirectory()),
                    member);
            return;
        }
        StallRules.noteMove(turn, beat, member);
        turn.become(turn.state().with(turn.state().crew().with(member.heard(turn.nowMs(), beat.ranks()))));
        StallRules.repeatStop(turn, beat.processId());
    }

    static void timePassed(Turn turn) {
        if (turn.state().phase() instanceof Phase.Ended) {
            return;
        }
        forgiveOwnAbsence(turn);
        loseTheSilent(turn);
        loseTheStuck(turn);
        StallRules.timePassed(turn);
        ServingRules.timePassed(turn);
        endWaits(turn);
    }

    private static void forgiveOwnAbsence(Turn turn) {
        SupervisorState state = turn.state();
        long gapMs = turn.nowMs() - state.watch().tickMs();
        SupervisorState next = state.with(state.watch().ticked(turn.nowMs()));
        if (gapMs > AWAY_MS) {
            turn.effect(new Effect.Note("the supervisor was away: ms=%d".formatted(gapMs)));
            next = next.with(next.crew().change(member -> member.later(gapMs, turn.nowMs())))
                    .with(next.watch().moved(next.watch().movedMs() + gapMs));
        }
        turn.become(next);
    }

    private static void loseTheSilent(Turn turn) {
        long limitMs = turn.plan().recovery().hangTimeout().toMillis();
        List<Member> silent = turn.state().crew().members().values().stream()
                .filter(member -> member.isReady() && turn.nowMs() - member.heardMs() > limitMs)
                .toList();
        long placed = silent.stream()
                .filter(member -> turn.state().placedIds().contains(member.processId()))
                .count();
        long patienceMs = placed > turn.plan().recovery().replicas() ? Math.max(limitMs, SEVERAL_SILENT_MS) : limitMs;
        silent.stream()
                .filter(member -> turn.nowMs() - member.heardMs() > patienceMs)
                .forEach(member -> FailureRules.lose(
                        turn, member, "it has said nothing for %d ms".formatted(turn.nowMs() - member.heardMs())));
    }

    private static void loseTheStuck(Turn turn) {
        long limitMs = progressLimitMs(turn);
        boolean ranksWork =
                !(turn.state().phase() instanceof Phase.Stopping || turn.state().phase() instanceof Phase.Seeking);
        if (!ranksWork) {
            return;
        }
        for (Member member : List.copyOf(turn.state().crew().members().values())) {
            for (Map.Entry<Integer, Member.Pulse> pulse : member.pulses().entrySet()) {
                long standingMs = turn.nowMs() - pulse.getValue().sinceMs();
                if (!pulse.getValue().isWaiting() && standingMs > limitMs) {
                    FailureRules.lose(
                            turn,
                            member,
                            "rank %d has made no progress for %d s".formatted(pulse.getKey(), standingMs / 1000));
                    return; // the ranks of the others are stopped now, which looks the same
                }
            }
        }
    }

    /** A rank that stands still for many usual steps is stuck; without any to go by, or between the stages, only the long time that is configured tells. */
    private static long progressLimitMs(Turn turn) {
        long configuredMs = turn.plan().recovery().progressTimeout().toMillis();
        OptionalDouble slowestMs = turn.state().watch().stragglers().slowestMs();
        if (!(turn.state().phase() instanceof Phase.Training) || slowestMs.isEmpty()) {
            return configuredMs;
        }
        return Math.min(configuredMs, (long) Math.max(STUCK_LEAST_MS, STUCK_STEPS * slowestMs.getAsDouble()));
    }

    private static void endWaits(Turn turn) {
        SupervisorState state = turn.state();
        switch (state.phase()) {
            case Phase.Forming forming -> {
                // Who has joined may take its time to open its files.
                if (state.crew().members().size() < turn.plan().nodes() && turn.nowMs() >= forming.deadlineMs()) {
                    EndingRules.fail(turn, Category.CONFIG, missingNodes(turn));
                }
            }
            case Phase.Gathering gathering ->
                RecoveryRules.gatheredWhenComplete(turn, turn.nowMs() >= gathering.deadlineMs());
            case Phase.Stopping stopping -> {
                if (turn.nowMs() >= stopping.deadlineMs()) {
                    stopping.waiting().stream()
                            .flatMap(id -> state.crew().member(id).stream())
                            .forEach(member -> FailureRules.lose(
                                    turn,
                                    member,
                                    "it did not stop its ranks within %d s"
                                            .formatted(RecoveryRules.STOP_RANKS_MS / 1000)));
                }
            }
            case Phase.Seeking seeking -> {
                boolean isPauseOver = seeking.notBeforeMs().isPresent() && !seeking.isPausing(turn.nowMs());
                if (isPauseOver || turn.nowMs() >= seeking.deadlineMs()) {
                    RecoveryRules.seek(turn);
                }
            }
            default -> {} // the others wait for ranks and files, which are watched above
        }
        if (turn.state().stop().isPresent()
                && turn.state().saving().isEmpty() // a checkpoint has a limit of its own
                && !(turn.state().phase() instanceof Phase.Ended)
                && turn.nowMs() >= turn.state().stop().get().deadlineMs()) {
            EndingRules.fail(
                    turn,
                    Category.FATAL,
                    "what was in flight did not end within %d s".formatted(EndingRules.STOP_GRACE_MS / 1000));
        }
    }

    private static String missingNodes(Turn turn) {
        return "only %d of %d nodes joined within %d s: start the missing workers, or raise longreel.cluster.join-timeout"
                .formatted(
                        turn.state().crew().members().size(),
                        turn.plan().nodes(),
                        turn.plan().joinTimeoutMs() / 1000);
    }
}
