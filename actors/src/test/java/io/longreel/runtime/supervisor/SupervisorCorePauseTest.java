package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What keeps failing is tried again after a pause, and the run stays its users' in it. */
class SupervisorCorePauseTest {
    private static CoreDriver trained(int spares) {
        return CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(20, spares)), 1);
    }

    private static void fail(CoreDriver run) {
        run.rank(new RankFailed(run.state.at(), 1, Category.RETRYABLE, "no route to host"));
        run.pending.removeIf(said -> said.trigger() instanceof RankCommand.RunStep);
    }

    /** A run whose third attempt waits to be made. */
    private static CoreDriver paused(int spares) {
        CoreDriver run = trained(spares);
        for (int attempt = 1; attempt <= 2; attempt++) {
            fail(run);
            run.runUntil(RankCommand.RunStep.class);
        }
        fail(run);
        while (run.state.phase() instanceof Phase.Stopping) {
            run.happen(0);
        }
        assertTrue(assertInstanceOf(Phase.Seeking.class, run.state.phase()).isPausing(run.nowMs));
        return run;
    }

    private static void pass(CoreDriver run, long ms) {
        run.nowMs += ms;
        run.on(new Event.TimePassed(run.nowMs));
    }

    @Test
    void shouldGiveWhatKeepsComingBackLongerAndLongerToPass() {
        CoreDriver run = trained(0);
        List<Long> pausesMs = new ArrayList<>();
        for (int attempt = 1; attempt <= 7; attempt++) {
            long failedMs = run.nowMs;
            fail(run);
            run.runUntil(RankCommand.RunStep.class);
            pausesMs.add(run.nowMs - failedMs);
        }
        assertEquals(List.of(0L, 0L, 1_000L, 2_000L, 4_000L, 8_000L, 8_000L), pausesMs);
        assertEquals(
                List.of(3, 4, 5, 6, 7),
                run.news(RunNews.RecoveryPaused.class).stream()
                        .map(RunNews.RecoveryPaused::attempt)
                        .toList());
        assertEquals("finished: 5 steps", run.runToEnd().finish().message());
    }

    @Test
    void shouldTryAtTheEndOfThePauseAndNotBefore() {
        CoreDriver run = paused(0);
        pass(run, 400);
        pass(run, 400);
        assertInstanceOf(Phase.Seeking.class, run.state.phase());
        pass(run, 400);
        assertInstanceOf(Phase.Connecting.class, run.state.phase());
        assertEquals("finished: 5 steps", run.runToEnd().finish().message());
    }

    @Test
    void shouldNotPlaceRanksBeforeThePauseIsOverWhoeverJoins() {
        CoreDriver run = paused(1);
        run.join("p-c", "node-c").ready("p-c", "node-c");
        assertInstanceOf(Phase.Seeking.class, run.state.phase());
        assertEquals("finished: 5 steps", run.runToEnd().finish().message());
    }

    @Test
    void shouldStopInThePauseWhenAsked() {
        CoreDriver run = paused(0);
        run.stop().runToEnd();
        assertTrue(
                run.finish().message().startsWith("stopped at step 1"),
                run.finish().message());
        assertEquals(0, run.finish().exitCode());
    }

    @Test
    void shouldGoOnWithoutANodeThatLeavesInThePause() {
        CoreDriver run = paused(1);
        run.join("p-c", "node-c").ready("p-c", "node-c");
        run.node(new LeaveRequested("p-b", "SIGTERM"));
        assertEquals("finished: 5 steps", run.runToEnd().finish().message());
        assertFalse(run.state.placedIds().contains("p-b"));
    }

    @Test
    void shouldFindTheStateElsewhereWhenANodeIsLostInThePause() {
        CoreDriver run = paused(1);
        run.join("p-c", "node-c").ready("p-c", "node-c");
        run.kill("p-a");
        assertEquals("finished: 5 steps", run.runToEnd().finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
    }

    @Test
    void shouldHaveAllPatienceWithNodesBehindThePauseHoweverSlowTheRecorderIs() {
        CoreDriver run = paused(0);
        run.kill("p-b");
        run.recorderIsSlow = true;
        pass(run, 100);
        pass(run, 700);
        Phase.Seeking seeking = assertInstanceOf(Phase.Seeking.class, run.state.phase());
        long patienceMs = run.state.plan().recovery().waitForNodes().toMillis();
        assertTrue(
                seeking.deadlineMs() >= seeking.notBeforeMs().orElseThrow() + patienceMs, () -> "seeking=" + seeking);
    }

    @Test
    void shouldNotPauseWhenADoubtedStepIsTriedElsewhere() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(20, 1)));
        run.sick = "p-b";
        run.sickStep = 2;
        run.form().join("p-s", "node-s").ready("p-s", "node-s").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(), run.news(RunNews.RecoveryPaused.class));
        assertFalse(run.news(RunNews.Doubted.class).isEmpty());
    }
}
