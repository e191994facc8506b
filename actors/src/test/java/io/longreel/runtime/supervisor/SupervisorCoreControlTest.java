package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.ControlAnswer.Outcome;
import io.longreel.runtime.protocol.NodeCommand.KillProcess;
import io.longreel.runtime.protocol.NodeCommand.LeaveAsked;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.Orders.Pause;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people ask of a run, in every phase that it can be in. */
class SupervisorCoreControlTest {
    private static final long LONG_MS = 600_000;

    private static ControlAnswer ask(CoreDriver run, Control control) {
        int before = run.all(Effect.AnswerControl.class).size();
        run.on(new Event.ControlAsked(run.nowMs, control));
        List<Effect.AnswerControl> answers = run.all(Effect.AnswerControl.class);
        assertEquals(before + 1, answers.size(), "each control is answered once");
        return answers.getLast().answer();
    }

    private static void assertRefused(CoreDriver run, Control control, String why) {
        SupervisorState before = run.state;
        ControlAnswer answer = ask(run, control);
        assertEquals(Outcome.REFUSED, answer.outcome(), answer.text());
        assertTrue(answer.text().contains(why), answer.text());
        assertEquals(before, run.state, "what is refused changes nothing");
    }

    private static void assertAccepted(CoreDriver run, Control control) {
        ControlAnswer answer = ask(run, control);
        assertEquals(Outcome.ACCEPTED, answer.outcome(), answer.text());
    }

    private static void assertAlready(CoreDriver run, Control control) {
        SupervisorState before = run.state;
        ControlAnswer answer = ask(run, control);
        assertEquals(Outcome.ALREADY, answer.outcome(), answer.text());
        assertEquals(before, run.state, "what is so already changes nothing");
    }

    private static CoreDriver elasticOrSpare(int spares) {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, spares)));
        run.connect();
        if (spares > 0) {
            run.join("p-c", "node-c").ready("p-c", "node-c");
        }
        return run;
    }

    private static CoreDriver reach(CoreDriver run, int steps) {
        while (run.committed().size() < steps) {
            run.happen(0);
        }
        return run;
    }

    /** Paused, and everything that was in flight has ended. */
    private static CoreDriver paused(int steps) {
        CoreDriver run = CoreDriver.trained(steps);
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertEquals(Pause.STANDING, run.state.orders().pause());
        return run;
    }

    private static void liveOn(CoreDriver run, long ms) {
        for (long passed = 0; passed < ms; passed += 100) {
            run.nowMs += 100;
            run.state.crew().members().values().forEach(member -> {
                List<RankPulse> pulses = run.state.placement().orElseThrow().ranks().stream()
                        .filter(site -> site.processId().equals(member.processId()))
                        .map(site -> new RankPulse(site.rank(), 7, true))
                        .toList();
                run.node(CoreDriver.beat(member.processId(), member.nodeId(), run.state.generation(), pulses));
            });
            run.on(new Event.TimePassed(run.nowMs));
        }
    }

    @Test
    void shouldStandStillBehindTheStepInFlightUntilItIsToldToGoOn() {
        CoreDriver run = paused(1);
        assertEquals(List.of(1L, 2L), run.committed(), "the step in flight is committed, no other begins");
        assertEquals(1, run.news(RunNews.Paused.class).size());
        int commands = run.told(RankCommand.FromSupervisor.class).size();
        liveOn(run, LONG_MS);
        assertTrue(run.pending.isEmpty());
        assertEquals(commands, run.told(RankCommand.FromSupervisor.class).size());
        assertTrue(run.news(RunNews.RecoveryStarted.class).isEmpty(), "a pause is no stall");
        assertAlready(run, new Control.Pause());
        assertAccepted(run, new Control.Resume());
        assertAlready(run, new Control.Resume());
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        List<String> entries = run.journal().stream()
                .filter(entry -> entry instanceof JournalEntry.PauseOrdered || entry instanceof JournalEntry.PauseEnded)
                .map(entry -> entry.getClass().getSimpleName())
                .toList();
        assertEquals(List.of("PauseOrdered", "PauseEnded"), entries);
    }

    @Test
    void shouldLetAllStepsOfTheWindowEndBeforeItStands() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(3, 0, Start.fresh(1)), 1);
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertEquals(List.of(1L, 2L, 3L), run.committed());
        assertInstanceOf(Phase.Training.class, run.state.phase());
    }

    @Test
    void shouldSaveAndEndWhenAPausedRunIsStopped() {
        CoreDriver run = paused(1).stop().runToEnd();
        assertTrue(
                run.finish().message().startsWith("stopped at step 2"),
                run.finish().message());
        assertEquals(2, run.state.progress().savedGlobalStep());
    }

    @Test
    void shouldRecoverFromALossAndStayPaused() {
        CoreDriver run = paused(1);
        run.kill("p-b").join("p-b2", "node-b").ready("p-b2", "node-b");
        run.runToEnd();
        assertEquals(Pause.STANDING, run.state.orders().pause());
        assertEquals(List.of(1L, 2L), run.committed());
        assertTrue(run.state.recovery().isEmpty(), "a recovery that led to the pause is over");
        assertEquals(2, run.news(RunNews.Paused.class).size(), "that it stands again is told again");
        assertEquals(2, run.state.reached().globalStep(), "what was committed is computed again, no more");
        liveOn(run, LONG_MS);
        assertAccepted(run, new Control.Resume());
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
    }

    @Test
    void shouldComputeNothingNewWhenItIsPausedWhileItRecovers() {
        CoreDriver run = CoreDriver.trained(2);
        run.kill("p-b");
        assertAccepted(run, new Control.Pause());
        assertAccepted(run, new Control.Checkpoint());
        run.join("p-b2", "node-b").ready("p-b2", "node-b").runToEnd();
        assertEquals(List.of(1L, 2L), run.committed());
        assertEquals(Pause.STANDING, run.state.orders().pause());
        assertEquals(2, run.state.progress().savedGlobalStep(), "what is asked for meanwhile is done");
    }

    @Test
    void shouldPauseANeedleTestBetweenTwoCells() {
        CoreDriver run = CoreDriver.trained(3).runUntil(RankCommand.EvaluateCell.class);
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertInstanceOf(Phase.Evaluating.class, run.state.phase());
        assertEquals(2, run.told(RankCommand.EvaluateCell.class).size());
        liveOn(run, LONG_MS);
        assertInstanceOf(Phase.Evaluating.class, run.state.phase());
        assertAccepted(run, new Control.Resume());
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
        assertEquals(6, run.told(RankCommand.EvaluateCell.class).size(), "no cell is asked for twice");
    }

    @Test
    void shouldStopAPausedNeedleTest() {
        CoreDriver run = CoreDriver.trained(3).runUntil(RankCommand.EvaluateCell.class);
        assertAccepted(run, new Control.Pause());
        run.runToEnd().stop().runToEnd();
        assertEquals(0, run.finish().exitCode());
        assertEquals(3, run.state.progress().savedGlobalStep());
    }

    @Test
    void shouldPauseBeforeTheNextStageWhenAModelIsBeingWritten() {
        CoreDriver run = CoreDriver.trained(3).runUntil(RankCommand.ExportModel.class);
        assertInstanceOf(Phase.ExportingStage.class, run.state.phase());
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertInstanceOf(Phase.Training.class, run.state.phase());
        assertEquals(new Position(1, 0, 3), run.state.reached());
        assertEquals(Pause.STANDING, run.state.orders().pause());
    }

    @Test
    void shouldPauseAtTheEndOfAStage() {
        CoreDriver run = paused(2);
        assertEquals(3, run.committed().size());
        assertInstanceOf(Phase.Training.class, run.state.phase());
        assertTrue(run.told(RankCommand.EndStage.class).isEmpty());
        assertAccepted(run, new Control.Resume());
        assertEquals(0, run.runToEnd().finish().exitCode());
    }

    @Test
    void shouldRefuseWhatComesTooLate() {
        CoreDriver run = CoreDriver.trained(5).runUntil(RankCommand.ExportModel.class);
        assertInstanceOf(Phase.Exporting.class, run.state.phase());
        assertRefused(run, new Control.Pause(), "model is being written");
        assertRefused(run, new Control.Drain("node-a"), "last step is over");
        run.runToEnd();
        for (Control control : List.of(
                new Control.Checkpoint(),
                new Control.Pause(),
                new Control.Resume(),
                new Control.Drain("node-a"),
                new Control.Kill(0))) {
            assertRefused(run, control, "the run is over");
        }
        CoreDriver stopping = CoreDriver.trained(1).stop();
        assertRefused(stopping, new Control.Pause(), "stopping: asked");
    }

    @Test
    void shouldSaveBehindTheNextStepThatIsBegun() {
        CoreDriver run = CoreDriver.trained(1);
        assertAccepted(run, new Control.Checkpoint());
        assertAlready(run, new Control.Checkpoint());
        run.runUntil(Effect.WriteManifest.class);
        assertEquals(
                List.of("step-00000002"), // that of the step in flight, which takes a snapshot as it is
                run.all(Effect.WriteManifest.class).stream()
                        .map(Effect.WriteManifest::checkpoint)
                        .toList());
        assertFalse(run.state.orders().wantsCheckpoint());
        run.runToEnd();
        assertEquals(
                3, run.all(Effect.WriteManifest.class).size(), "one wish, one checkpoint, beside those of two stages");
    }

    @Test
    void shouldSaveAtOnceWhenItStandsStillAndOnlyWhatIsNotSaved() {
        CoreDriver run = paused(1);
        assertAccepted(run, new Control.Checkpoint());
        run.runToEnd();
        assertEquals(2, run.state.progress().savedGlobalStep());
        assertEquals(Pause.STANDING, run.state.orders().pause());
        assertAlready(run, new Control.Checkpoint());
        assertEquals(1, run.all(Effect.WriteManifest.class).size());
    }

    @Test
    void shouldSaveBehindTheFirstStepWhenItIsAskedBeforeThereIsAny() {
        CoreDriver run = CoreDriver.fresh();
        assertAccepted(run, new Control.Checkpoint());
        run.connect().runUntil(Effect.WriteManifest.class);
        assertEquals(
                1, run.all(Effect.WriteManifest.class).getFirst().position().globalStep());
    }

    @Test
    void shouldDrainANodeToASpareWithoutLosingAStep() {
        CoreDriver run = reach(elasticOrSpare(1), 1);
        assertAccepted(run, new Control.Drain("node-a"));
        assertAlready(run, new Control.Drain("node-a"));
        assertEquals(1, run.toldNodes(LeaveAsked.class).size());
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertEquals(List.of("p-b", "p-c"), List.copyOf(run.state.placedIds()));
        assertTrue(run.news(RunNews.RecoveryStarted.class).getFirst().isPlanned());
        assertEquals(0, run.news(RunNews.Recovered.class).getFirst().replayed());
    }

    @Test
    void shouldDrainWhileItIsPausedAndStayPaused() {
        CoreDriver run = reach(elasticOrSpare(1), 1);
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertAccepted(run, new Control.Drain("node-b"));
        run.runToEnd();
        assertEquals(List.of("p-a", "p-c"), List.copyOf(run.state.placedIds()));
        assertEquals(Pause.STANDING, run.state.orders().pause());
        assertEquals(List.of(1L, 2L), run.committed());
    }

    @Test
    void shouldDrainWhileANeedleTestIsPausedAndTestAnewAfterwards() {
        CoreDriver run = reach(elasticOrSpare(1), 3).runUntil(RankCommand.EvaluateCell.class);
        assertAccepted(run, new Control.Pause());
        run.runToEnd();
        assertAccepted(run, new Control.Drain("node-b"));
        run.runToEnd();
        assertEquals(List.of("p-a", "p-c"), List.copyOf(run.state.placedIds()));
        assertEquals(Pause.STANDING, run.state.orders().pause());
        assertAccepted(run, new Control.Resume());
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
    }

    @Test
    void shouldLetASpareGoAtOnce() {
        CoreDriver run = reach(elasticOrSpare(1), 1);
        assertAccepted(run, new Control.Drain("node-c"));
        assertInstanceOf(StopNode.class, run.toldNodes(StopNode.class).getLast());
        assertEquals(2, run.state.crew().members().size());
        assertRefused(run, new Control.Drain("node-c"), "there is no node node-c; there are node-a, node-b");
    }

    @Test
    void shouldRefuseToDrainWhatTheRunCannotDoWithout() {
        assertRefused(CoreDriver.fresh(), new Control.Drain("node-a"), "there is no node node-a");
        assertRefused(CoreDriver.fresh().join("p-a", "node-a"), new Control.Drain("node-a"), "still joining");
        CoreDriver alone = CoreDriver.trained(1);
        alone.kill("p-b");
        alone.nowMs += 6_000;
        alone.liveOn(100, "p-a", "node-a");
        assertRefused(alone, new Control.Drain("node-a"), "cannot go on without node node-a");
        CoreDriver rigid = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(0, 0)), 1);
        assertRefused(rigid, new Control.Drain("node-a"), "attempts-max is 0");
    }

    @Test
    void shouldTellTheProcessOfARankToKillItselfAndSayWhomElseItMeets() {
        CoreDriver run = reach(elasticOrSpare(1), 1);
        assertAccepted(run, new Control.Kill(3));
        assertAlready(run, new Control.Kill(2));
        assertEquals(2, run.toldNodes(KillProcess.class).size(), "the message may have been lost");
        assertTrue(run.journal().contains(new JournalEntry.KillOrdered(3, "node-b", "p-b")));
        run.kill("p-b");
        assertRefused(run, new Control.Kill(0), "no rank lives now");
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.runToEnd().finish());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
    }

    @Test
    void shouldRefuseToKillWhatIsNotThereOrMustNotBe() {
        assertRefused(CoreDriver.fresh(), new Control.Kill(0), "no rank lives now");
        assertRefused(CoreDriver.trained(1), new Control.Kill(4), "there is no rank 4; there are 0 to 3");
        assertRefused(
                CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(0, 0)), 1),
                new Control.Kill(0),
                "the run would end");
    }
}
