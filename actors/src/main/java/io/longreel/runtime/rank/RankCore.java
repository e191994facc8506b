package io.longreel.runtime.rank;

import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankCommand.AbortGeneration;
import io.longreel.runtime.protocol.RankCommand.ComputeReported;
import io.longreel.runtime.protocol.RankCommand.Fenced;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.CommandFenced;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import java.util.List;

/**
 * A rank's decisions: a pure function from state and command to the next state and effects. Commands are done in order and answered once each;
 * those of other generations change nothing. The simulation drives it without actors or threads.
 */
public final class RankCore {
    private RankCore() {}

    /** Decides one command. */
    public static RankDecision apply(RankState state, RankCommand command) {
        return switch (command) {
            case ComputeReported reported -> reported(state, reported.report());
            case RankCommand.FromSupervisor told -> told(state, told);
        };
    }

    private static RankDecision told(RankState state, RankCommand.FromSupervisor command) {
        if (command.at().generation() != state.generation()) {
            return fence(state, command);
        }
        if (state.isOver()) {
            return ignore(state, "the rank is over: command=" + command);
        }
        return switch (command) {
            case Fenced fenced -> fenced(state, fenced);
            case AbortGeneration abort -> stop(state, "aborted: " + abort.reason());
            default -> new RankDecision(state.with(command), List.of(new RankEffect.Submit(command)));
        };
    }

    private static RankDecision reported(RankState state, RankReport report) {
        if (state.isOver()) {
            return ignore(state, "whoever stopped the rank knows: report=" + report);
        }
        List<RankEffect> effects = List.of(new RankEffect.Say(report));
        return switch (report) {
            case RankFailed failed -> new RankDecision(state.over(), effects);
            case RankConnected connected -> new RankDecision(state, effects);
            default -> {
                requireAnswers(state, report);
                yield new RankDecision(state.answered(), effects);
            }
        };
    }

    private static void requireAnswers(RankState state, RankReport report) {
        if (state.pending().isEmpty() || !state.pending().getFirst().at().equals(report.at())) {
            throw new IllegalStateException("an answer must belong to the oldest open command: report=%s pending=%s"
                    .formatted(report, state.pending()));
        }
    }

    /** A fence that is itself of another generation says nothing about this one. */
    private static RankDecision fence(RankState state, RankCommand.FromSupervisor told) {
        if (told instanceof Fenced || told instanceof AbortGeneration || state.isOver()) {
            return ignore(state, "about another generation: command=" + told);
        }
        return new RankDecision(
                state, List.of(new RankEffect.Say(new CommandFenced(told.at(), state.rank(), state.generation()))));
    }

    /** Only a newer incarnation ends this one: a supervisor that was itself replaced may still speak. */
    private static RankDecision fenced(RankState state, Fenced fenced) {
        return fenced.expectedGeneration() > state.generation()
                ? stop(state, "the run is at generation %d".formatted(fenced.expectedGeneration()))
                : ignore(state, "an older incarnation cannot fence a newer one: command=" + fenced);
    }

    private static RankDecision stop(RankState state, String reason) {
        return new RankDecision(state.over(), List.of(new RankEffect.Stop(reason)));
    }

    private static RankDecision ignore(RankState state, String text) {
        return new RankDecision(
                state,
                List.of(new RankEffect.Note(
                        "rank=%d generation=%d %s".formatted(state.rank(), state.generation(), text))));
    }
}
