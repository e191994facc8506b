package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Needle;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand.EvaluateCell;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RecordReport.EvaluationWritten;
import io.longreel.runtime.protocol.TestAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The needle test behind a stage (LongVILA, section 5.3), cell by cell. All ranks work on the same question together,
 * so their answers must be the same. Two cells are in flight, so that ranks do not wait for the supervisor.
 */
final class EvaluationRules {
    private static final int CELLS_IN_FLIGHT_MAX = 2;

    private EvaluationRules() {}

    static void start(Turn turn) {
        turn.enter(new Phase.Evaluating(Votes.from(0), List.of()));
        goOn(turn);
    }

    /** What a paused test stood still for may be over. */
    static void goOnIfEvaluating(Turn turn) {
        if (turn.state().phase() instanceof Phase.Evaluating) {
            goOn(turn);
        }
    }

    private static void goOn(Turn turn) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Evaluating evaluating)) {
            throw new IllegalStateException("only an evaluation goes on: phase=" + state.phase());
        }
        Votes<CellEvaluated> votes = evaluating.votes();
        Needle needle = needle(turn);
        int cells = cellCount(needle);
        boolean isPaused = state.orders().isPaused() && state.stop().isEmpty();
        if (votes.nothingInFlight()) {
            if (isPaused && state.move().isEmpty()) {
                ControlRules.stands(turn);
                return;
            }
            if (isPaused) { // ranks can move from the end of the stage, and the test begins anew when the run goes on
                TrainingRules.start(turn);
                return;
            }
            if (votes.next() == cells) {
                turn.enter(new Phase.RecordingEvaluation(evaluating.done()))
                        .effect(new Effect.WriteEvaluation(state.reached().stage(), needle, evaluating.done()));
                return;
            }
            if (state.stop().isPresent()) {
                TrainingRules.start(turn); // all that is to be saved stands at the end of the stage
                return;
            }
        }
        if (state.stop().isEmpty() && !isPaused) {
            int limit = Math.min(cells, votes.next() + CELLS_IN_FLIGHT_MAX);
            for (int cell = votes.issued(); cell < limit; cell++) {
                turn.tellAll(new EvaluateCell(state.at(), cell));
            }
            turn.enter(new Phase.Evaluating(votes.issuedUpTo(limit), evaluating.done()));
        }
    }

    static void cellEvaluated(Turn turn, CellEvaluated evaluated) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Evaluating evaluating)
                || !evaluated.at().equals(state.at())
                || !evaluating.votes().awaits(evaluated.cell(), evaluated.rank())) {
            turn.ignore(evaluated);
            return;
        }
        Votes<CellEvaluated> votes = evaluating.votes().with(evaluated.cell(), evaluated.rank(), evaluated);
        List<CellOutcome> done = new ArrayList<>(evaluating.done());
        Needle needle = needle(turn);
        while (votes.isNextComplete(state.worldSize())) {
            Map<List<TestAnswer>, List<Integer>> camps = votes.camps(CellEvaluated::answers);
            if (camps.size() > 1) {
                RecoveryRules.begin(
                        turn,
                        new Phase.Failure(
                                RuntimeFailure.Category.FATAL,
                                "silent corruption: ranks disagree on cell %d of needle test %s: %s"
                                        .formatted(votes.next(), needle.name(), camps),
                                true));
                return;
            }
            done.add(new CellOutcome(
                    framesOf(needle, votes.next()),
                    depthOf(needle, votes.next()),
                    camps.keySet().iterator().next()));
            votes = votes.withoutNext();
            turn.announce(new RunNews.EvaluationProgressed(
                    state.reached().stage(), needle.name(), done.size(), cellCount(needle)));
        }
        turn.enter(new Phase.Evaluating(votes, done));
        goOn(turn);
    }

    /** Written only when the files are there: a run that is killed in between evaluates again. */
    static void evaluationWritten(Turn turn, EvaluationWritten written) {
        if (!(turn.state().phase() instanceof Phase.RecordingEvaluation recording)) {
            turn.ignore(written);
            return;
        }
        int stage = turn.state().reached().stage();
        String name = needle(turn).name();
        RecoveryRules.overcome(turn);
        turn.become(turn.state().with(turn.state().progress().withEvaluated(stage)));
        turn.journal(new JournalEntry.EvaluationFinished(
                        stage,
                        name,
                        recording.cells().stream()
                                .mapToInt(CellOutcome::correct)
                                .sum(),
                        recording.cells().stream().mapToInt(CellOutcome::total).sum()))
                .announce(new RunNews.EvaluationFinished(stage, name, recording.cells()));
        StageRules.exportOrGoOn(turn);
    }

    /** Cells of a needle test; cell {@code c} has the length {@code c / depths} and the depth {@code c % depths}. */
    static int cellCount(Needle needle) {
        return needle.frames().size() * needle.depths();
    }

    private static int framesOf(Needle needle, int cell) {
        return needle.frames().get(cell / needle.depths());
    }

    private static double depthOf(Needle needle, int cell) {
        return needle.depths() == 1 ? 0 : cell % needle.depths() / (needle.depths() - 1.0);
    }

    private static Needle needle(Turn turn) {
        return turn.plan()
                .stage(turn.state().reached())
                .evaluation()
                .orElseThrow(() -> new IllegalStateException("a stage without a needle test is not evaluated: "
                        + turn.state().reached()));
    }
}
