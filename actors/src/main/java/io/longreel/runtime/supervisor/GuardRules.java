package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings.Guard;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.Phase.Failure;
import io.longreel.runtime.supervisor.Suspicion.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Results that are not believed. The step is discarded and computed again in the same places: another result means that something passing went
 * wrong. The same again, and it is computed in other places, each time without other nodes where there are spares: a right result then means that a machine is broken. What stays wrong everywhere comes
 * from the samples, which are skipped from then on, or, where samples cannot be the reason, ends the run.
 */
final class GuardRules {
    /** So many times a step is computed in its first places. */
    private static final int TRIALS_THERE = 2;

    private GuardRules() {}

    /** Whether the ranks' results may count; if not, what follows is decided here. */
    static boolean accepts(Turn turn, Map<StepResult, List<Integer>> camps) {
        if (camps.size() > 1) {
            doubt(
                    turn,
                    turn.state().reached(),
                    Kind.DISAGREEMENT,
                    sides(turn, camps),
                    FailureRules.minority(turn, camps));
            return false;
        }
        StepResult result = camps.keySet().iterator().next();
        SupervisorState state = turn.state();
        if (state.progress().isReplaying()) {
            Optional<StepResult> known =
                    state.progress().log().result(state.reached().globalStep());
            if (known.isPresent() && !known.get().equals(result)) {
                doubt(
                        turn,
                        turn.state().reached(),
                        Kind.CHANGED,
                        "committed was %s, computed again it is %s".formatted(known.get(), result),
                        Set.of());
                return false;
            }
            boolean isUnknown = known.isEmpty() && !isKnownAsHarmful(state);
            if (isUnknown
                    && !result.applied()
                    && state.plan().recovery().guard().replayNonFinite()) {
                return doubt(turn, state.reached(), Kind.NOT_FINITE, result.toString(), Set.of());
            }
            clear(turn);
            return true;
        }
        Optional<Kind> kind = kindOf(state, result);
        if (kind.isPresent() && !isKnownAsHarmful(state)) {
            return doubt(turn, turn.state().reached(), kind.get(), result.toString(), Set.of());
        }
        clear(turn);
        return true;
    }

    /** The samples of a step could not be read. */
    static void badSamples(Turn turn, Position at, Failure failure) {
        doubt(turn, at, Kind.BAD_DATA, failure.message(), Set.of());
    }

    private static boolean isKnownAsHarmful(SupervisorState state) {
        return state.progress().skipped().contains(state.reached().globalStep());
    }

    private static Optional<Kind> kindOf(SupervisorState state, StepResult result) {
        Guard guard = state.plan().recovery().guard();
        if (!result.applied() && result.labelledTokens() == 0) {
            return Optional.empty(); // none of its records could be used, which would be so again
        }
        if (!result.applied()) {
            return guard.replayNonFinite() ? Optional.of(Kind.NOT_FINITE) : Optional.empty();
        }
        if (guard.gradientNormMax() > 0 && result.gradientNorm() > guard.gradientNormMax()) {
            return Optional.of(Kind.LARGE_NORM);
        }
        if (guard.lossSpikeZ() > 0 && state.watch().losses().spike(result.loss()) > guard.lossSpikeZ()) {
            return Optional.of(Kind.LOSS_SPIKE);
        }
        return Optional.empty();
    }

    /** Returns whether the result counts all the same. */
    private static boolean doubt(Turn turn, Position at, Kind kind, String what, Set<String> minority) {
        SupervisorState state = turn.state();
        Optional<Suspicion> known =
                state.suspicion().filter(suspicion -> suspicion.position().equals(at));
        int trials = known.map(Suspicion::trials).orElse(0) + 1;
        String text = "step %d of stage %s: %s: %s"
                .formatted(at.step(), turn.plan().stage(at).name(), words(kind), what);
        if (turn.plan().recovery().attemptsMax() == 0) {
            return withoutRecovery(turn, kind, text);
        }
        Set<String> always = new TreeSet<>(minority);
        known.ifPresent(suspicion -> always.retainAll(suspicion.minority()));
        boolean isLast = trials >= TRIALS_THERE + trialsElsewhere(turn)
                || (trials == TRIALS_THERE && hasNowhereElse(state) && !kind.isNeverTheSamples());
        if (isLast) {
            return judge(turn, at, kind, text, trials);
        }
        boolean elsewhere = trials >= TRIALS_THERE;
        turn.become(state.suspecting(Optional.of(new Suspicion(
                        at,
                        kind,
                        trials,
                        always,
                        elsewhere && always.isEmpty(),
                        elsewhere && kind.isNeverTheSamples()))))
                .announce(new RunNews.Doubted(
                        text + (elsewhere ? "; it is computed again in other places" : "; it is computed again")));
        Optional<Member> blamed = elsewhere
                ? always.stream()
                        .findFirst()
                        .flatMap(id -> state.crew().member(id))
                        .filter(member -> state.crew().available().size() > 1)
                : Optional.empty();
        if (blamed.isPresent()) {
            FailureRules.lose(turn, blamed.get(), "its ranks compute something else than the others, twice");
        } else {
            RecoveryRules.begin(turn, new Failure(Category.FATAL, text, true));
        }
        return false;
    }

    /** Enough to leave each node out once, as far as there are nodes to spare and attempts; without any the ranks change places once. */
    private static int trialsElsewhere(Turn turn) {
        int available = turn.state().crew().available().size();
        int spares = available - turn.plan().nodes();
        int attempts = turn.plan().recovery().attemptsMax() - TRIALS_THERE;
        return spares > 0 ? Math.max(1, Math.min(Math.ceilDiv(available, spares), attempts)) : 1;
    }

    private static boolean hasNowhereElse(SupervisorState state) {
        return state.placedIds().size() < 2 && state.crew().available().size() < 2;
    }

    private static boolean withoutRecovery(Turn turn, Kind kind, String text) {
        if (kind == Kind.NOT_FINITE) {
            return true; // no rank changed a weight
        }
        Category category = kind == Kind.BAD_DATA ? Category.DATA : Category.FATAL;
        EndingRules.fail(turn, category, text);
        return false;
    }

    /** The same everywhere. */
    private static boolean judge(Turn turn, Position at, Kind kind, String text, int trials) {
        SupervisorState state = turn.state();
        if (kind.isNeverTheSamples()) {
            EndingRules.fail(turn, Category.FATAL, "%s, in %d trials, the last from the disk".formatted(text, trials));
            return false;
        }
        long globalStep = at.globalStep();
        turn.become(state.suspecting(Optional.empty()))
                .journal(new JournalEntry.SamplesQuarantined(
                        at.stage(), at.step(), globalStep, kind != Kind.NOT_FINITE, text))
                .announce(new RunNews.Doubted(text + "; it is so everywhere: its samples are skipped"));
        if (kind == Kind.NOT_FINITE) {
            return true; // no rank changed a weight
        }
        turn.become(turn.state().with(turn.state().progress().skipping(globalStep)));
        RecoveryRules.begin(turn, new Failure(Category.DATA, text, true));
        return false;
    }

    /** The step that was in doubt has a result that is believed. */
    private static void clear(Turn turn) {
        SupervisorState state = turn.state();
        state.suspicion()
                .filter(suspicion -> suspicion.position().equals(state.reached()))
                .ifPresent(suspicion -> turn.become(state.suspecting(Optional.empty()))
                        .announce(new RunNews.Doubted("step %d of stage %s is right now: %s"
                                .formatted(
                                        suspicion.position().step(),
                                        turn.plan().stage(suspicion.position()).name(),
                                        suspicion.trials() < TRIALS_THERE
                                                ? "what was wrong with it was passing"
                                                : "in other places%s, so one of the former ones is broken"
                                                        .formatted(leftOut(state))))));
    }

    /** Nodes that the ranks are not on now, as words. */
    private static String leftOut(SupervisorState state) {
        String nodes = state.crew().available().stream()
                .filter(member -> !state.placedIds().contains(member.processId()))
                .map(Member::nodeId)
                .collect(Collectors.joining(", "));
        return nodes.isEmpty() ? "" : " than " + nodes;
    }

    private static String sides(Turn turn, Map<StepResult, List<Integer>> camps) {
        StringBuilder text = new StringBuilder();
        camps.forEach((result, ranks) ->
                text.append(text.isEmpty() ? "" : "; ").append("ranks %s: %s".formatted(ranks, result)));
        Set<String> minority = FailureRules.minority(turn, camps);
        return minority.isEmpty() ? text.toString() : "%s (against most: %s)".formatted(text, minority);
    }

    private static String words(Kind kind) {
        return switch (kind) {
            case DISAGREEMENT -> "silent corruption, ranks disagree";
            case CHANGED -> "silent corruption, the result has changed";
            case NOT_FINITE -> "loss or gradients are not finite";
            case BAD_DATA -> "its samples cannot be read";
            case LOSS_SPIKE -> "the loss jumps";
            case LARGE_NORM -> "the gradient is too large";
        };
    }
}
