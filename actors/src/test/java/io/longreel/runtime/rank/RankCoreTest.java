package io.longreel.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankCommand.ComputeReported;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import java.util.List;
import org.junit.jupiter.api.Test;

class RankCoreTest {
    private static final StepId AT = new StepId(3, 0, 7);

    private RankState state = RankState.initial(1, 3);

    private List<RankEffect> on(RankCommand command) {
        RankDecision decision = RankCore.apply(state, command);
        state = decision.state();
        return decision.effects().stream()
                .filter(effect -> !(effect instanceof RankEffect.Note))
                .toList();
    }

    private static RankCommand.RunStep step(int generation) {
        return new RankCommand.RunStep(new StepId(generation, 0, 7), false, SnapshotId.NONE);
    }

    @Test
    void shouldHandCommandsOnAndPassOneAnswerForEach() {
        RankCommand.BeginStage begin = new RankCommand.BeginStage(new StepId(3, 0, 0));
        assertEquals(List.of(new RankEffect.Submit(begin)), on(begin));
        assertEquals(List.of(new RankEffect.Submit(step(3))), on(step(3)));
        RankReport begun = new RankReport.StageBegun(begin.at(), 1);
        assertEquals(List.of(new RankEffect.Say(begun)), on(new ComputeReported(begun)));
        assertEquals(List.of(step(3)), state.pending());
    }

    @Test
    void shouldRefuseAnAnswerThatNobodyAskedFor() {
        on(step(3));
        RankReport answer = new RankReport.StageEnded(new StepId(3, 0, 8), 1);
        assertThrows(IllegalStateException.class, () -> on(new ComputeReported(answer)));
    }

    @Test
    void shouldAnswerCommandsOfOtherGenerationsFencedAndNotDoThem() {
        RankReport older = new RankReport.CommandFenced(new StepId(2, 0, 7), 1, 3);
        RankReport newer = new RankReport.CommandFenced(new StepId(4, 0, 7), 1, 3);
        assertEquals(List.of(new RankEffect.Say(older)), on(step(2)));
        assertEquals(List.of(new RankEffect.Say(newer)), on(step(4)));
        assertEquals(List.of(), state.pending());
    }

    @Test
    void shouldNotBeStoppedByAnotherIncarnationsAbortOrByAnOlderFence() {
        assertEquals(List.of(), on(new RankCommand.AbortGeneration(new StepId(2, 0, 7), "late")));
        assertEquals(List.of(), on(new RankCommand.Fenced(new StepId(2, 0, 7), 5)));
        assertEquals(List.of(), on(new RankCommand.Fenced(AT, 2)));
        assertEquals(List.of(), on(new RankCommand.Fenced(AT, 3)));
        assertEquals(List.of(new RankEffect.Submit(step(3))), on(step(3)));
    }

    @Test
    void shouldStopWhenFencedByANewerIncarnation() {
        assertEquals(List.of(new RankEffect.Stop("the run is at generation 4")), on(new RankCommand.Fenced(AT, 4)));
        assertEquals(List.of(), on(step(3)));
    }

    @Test
    void shouldSayNothingMoreOnceItWasAborted() {
        on(step(3));
        assertEquals(
                List.of(new RankEffect.Stop("aborted: node lost")),
                on(new RankCommand.AbortGeneration(AT, "node lost")));
        assertEquals(List.of(), on(new ComputeReported(new RankReport.StageEnded(AT, 1))));
        assertEquals(List.of(), on(new RankCommand.AbortGeneration(AT, "node lost")));
    }

    @Test
    void shouldTakeNothingOnOnceItHasFailed() {
        on(step(3));
        RankReport failed = new RankReport.RankFailed(AT, 1, Category.RETRYABLE, "link 1 -> 0: wrong checksum");
        assertEquals(List.of(new RankEffect.Say(failed)), on(new ComputeReported(failed)));
        assertEquals(List.of(), on(step(3)));
        assertEquals(List.of(), state.pending());
    }
}
