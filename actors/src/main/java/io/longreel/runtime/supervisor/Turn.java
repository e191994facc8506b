package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One event being decided: the state so far and the effects so far. Made by the core for one event and thrown away
 * after it, so its being mutable is seen by nobody; the rules write to it instead of handing pairs around.
 */
final class Turn {
    private final long nowMs;
    private final List<Effect> effects = new ArrayList<>();
    private SupervisorState state;

    Turn(SupervisorState state, long nowMs) {
        this.state = state;
        this.nowMs = nowMs;
    }

    long nowMs() {
        return nowMs;
    }

    SupervisorState state() {
        return state;
    }

    JobPlan plan() {
        return state.plan();
    }

    Turn become(SupervisorState next) {
        state = next;
        return this;
    }

    Turn enter(Phase phase) {
        return become(state.in(phase));
    }

    Turn effect(Effect effect) {
        effects.add(effect);
        return this;
    }

    Turn journal(JournalEntry entry) {
        return effect(new Effect.WriteJournal(entry));
    }

    Turn tellAll(RankCommand.FromSupervisor command) {
        return effect(new Effect.TellAllRanks(command));
    }

    Turn announce(RunNews news) {
        return effect(new Effect.Announce(news));
    }

    /**
     * A rank answers what all ranks were told in a phase.
     *
     * @return the phase, when this was the last answer; empty while others are awaited, and for an answer that nobody waits for
     */
    <P extends Phase.AllRanks> Optional<P> lastAnswer(RankReport answer, Class<P> phase) {
        if (!phase.isInstance(state.phase())
                || !answer.at().equals(state.at())
                || !phase.cast(state.phase()).waiting().contains(answer.rank())) {
            ignore(answer);
            return Optional.empty();
        }
        P current = phase.cast(state.phase());
        enter(current.without(answer.rank()));
        return current.waiting().size() == 1 ? Optional.of(current) : Optional.empty();
    }

    /** Duplicates and latecomers change nothing, but are not dropped in silence. */
    Turn ignore(Object report) {
        return effect(new Effect.Note("report ignored: phase=%s report=%s"
                .formatted(state.phase().getClass().getSimpleName(), report)));
    }

    Decision decision() {
        return new Decision(state, effects);
    }
}
