package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.curriculum.engine.EngineTick;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.runtime.protocol.RankCommand.RunTick;
import io.longreel.runtime.protocol.RankReport.TickDone;
import io.longreel.runtime.supervisor.Phase.Failure;
import java.util.Collections;
import java.util.Optional;

/**
 * A job that serves: its ranks do one tick after the other, as whoever has the questions asks for them. What a tick brings counts when all ranks say the same. Nothing of
 * a question is kept here: who has it asks again on the next mesh incarnation.
 */
final class ServingRules {
    /** Without a tick, a mesh that has stood for so long is taken to be sound. */
    private static final long SOUND_MS = 30_000;

    private ServingRules() {}

    /** The ranks have their weights. */
    static void start(Turn turn) {
        SupervisorState state = turn.state();
        turn.enter(new Phase.Serving(0, Collections.emptySortedSet(), Optional.empty(), turn.nowMs()))
                .announce(new RunNews.Serving(state.worldSize()))
                .effect(new Effect.TellEngine(
                        new EngineNews.Ready(state.generation(), state.mesh().ringDegree())));
        goOn(turn);
    }

    /** When nothing is in flight: an end that was asked for, or ranks that are to move. */
    static void goOn(Turn turn) {
        if (turn.state().phase() instanceof Phase.Serving serving && serving.isIdle()) {
            if (turn.state().stop().isPresent()) {
                EndingRules.endServed(turn);
            } else if (turn.state().move().isPresent()) {
                RecoveryRules.move(turn, turn.state().move().get());
            }
        }
    }

    static void tickAsked(Turn turn, EngineTick tick) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Serving serving)
                || tick.incarnation() != state.generation()
                || !serving.isIdle()) {
            turn.ignore("a tick for another incarnation: " + tick.incarnation());
            return;
        }
        turn.enter(new Phase.Serving(tick.number(), state.allRanks(), Optional.empty(), serving.sinceMs()))
                .tellAll(new RunTick(state.at(), tick));
    }

    static void tickDone(Turn turn, TickDone done) {
        if (!(turn.state().phase() instanceof Phase.Serving serving)
                || done.result().number() != serving.tick()
                || !serving.waiting().contains(done.rank())) {
            turn.ignore(done);
            return;
        }
        Optional<TickResult> first = serving.result();
        if (first.isPresent() && !first.get().agreesWith(done.result())) {
            RecoveryRules.begin(
                    turn,
                    new Failure(
                            Category.RETRYABLE,
                            "rank %d chose other tokens than the ranks before it".formatted(done.rank()),
                            true));
            return;
        }
        TickResult joined = first.map(result -> result.joined(done.result())).orElse(done.result());
        Phase.Serving next = serving.heard(done.rank(), joined);
        turn.enter(next);
        if (next.waiting().isEmpty()) {
            turn.enter(next.idle()).effect(new Effect.TellEngine(new EngineNews.Done(joined)));
            RecoveryRules.overcome(turn);
            goOn(turn);
        }
    }

    static void timePassed(Turn turn) {
        if (turn.state().phase() instanceof Phase.Serving serving
                && turn.nowMs() - serving.sinceMs() >= SOUND_MS
                && turn.state().recovery().isPresent()) {
            RecoveryRules.overcome(turn);
        }
    }
}
