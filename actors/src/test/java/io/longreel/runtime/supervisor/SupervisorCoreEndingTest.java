package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.NodeReport.SlicesFailed;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.ModelExported;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a run ends before its time: stops in every phase, lost nodes, failed ranks, ranks that disagree. */
class SupervisorCoreEndingTest {

    @Test
    void shouldEndAtOnceWhenStoppedBeforeTraining() {
        for (CoreDriver run : List.of(
                CoreDriver.fresh(),
                CoreDriver.fresh().form(),
                CoreDriver.fresh().connect())) {
            run.stop();
            assertEquals(new Effect.Finish(0, "stopped before the first step"), run.finish());
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                RankCommand.BeginStage.class,
                RankCommand.RunStep.class,
                NodeCommand.WriteSlices.class,
                Effect.WriteManifest.class,
                RankCommand.EndStage.class,
                RankCommand.EvaluateCell.class,
                Effect.WriteEvaluation.class
            })
    void shouldFinishWhatIsInFlightAndSaveWhenStopped(Class<?> before) {
        CoreDriver run =
                new CoreDriver(CoreDriver.plan(2, 0, Start.fresh(1))).connect().runUntil(before);
        assertTrue(run.all(Effect.Finish.class).isEmpty());
        run.stop().runToEnd();
        assertEquals(0, run.finish().exitCode());
        Position committed = run.state.committed();
        assertEquals(committed.globalStep(), run.state.progress().savedGlobalStep());
        String expected = committed.globalStep() == 0
                ? "stopped before the first step"
                : "stopped at step %d, resume with bin/longreel resume /runs/test".formatted(committed.globalStep());
        assertEquals(expected, run.finish().message());
        assertEquals(
                1,
                run.journal().stream()
                        .filter(JournalEntry.StopRequested.class::isInstance)
                        .count());
    }

    @Test
    void shouldSaveWhenStoppedBehindAStageWhoseCheckpointCouldNotBeWritten() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(NodeCommand.WriteSlices.class);
        run.node(new SlicesFailed("p-a", run.state.saving().orElseThrow().snapshot(), "no space left on device"));
        run.runUntil(Effect.WriteEvaluation.class).stop().runToEnd();
        assertEquals(
                "stopped at step 3, resume with bin/longreel resume /runs/test",
                run.finish().message());
        assertEquals(3, run.state.progress().savedGlobalStep());
    }

    @Test
    void shouldFinishWithoutTheNodesThatAreLostWhenTheModelIsWritten() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(Effect.WriteReport.class);
        run.kill("p-b").kill("p-a").runToEnd();
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.finish());
    }

    @Test
    void shouldNotWaitForACheckpointWhoseWriterIsLostWhenTheReportIsWritten() {
        CoreDriver run = CoreDriver.fresh().connect();
        while (run.state
                .saving()
                .filter(saving -> saving.position().globalStep() == 5)
                .isEmpty()) {
            run.happen(0);
        }
        run.pending.removeIf(said -> said.speaker().equals("p-b")); // it never answers
        run.runToEnd();
        assertEquals(new Phase.Closing(true), run.state.phase());
        run.kill("p-b");
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.finish());
    }

    @Test
    void shouldWriteACheckpointWhenStoppedInTheMiddleOfAStage() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(RankCommand.RunStep.class);
        run.answerNext();
        run.stop().stop().runToEnd();
        assertEquals(2, run.state.progress().savedGlobalStep()); // the step in flight counts
        assertEquals(2, run.told(RankCommand.RunStep.class).size());
        assertEquals(
                1,
                run.told(RankCommand.TakeSnapshot.class).size()
                        + run.all(Effect.WriteManifest.class).size());
    }

    @Test
    void shouldCloseWhenAllRanksHaveBroughtTheirShareOfTheModel() {
        CoreDriver run = exportingRun();
        for (int rank = 0; rank < run.state.worldSize(); rank++) {
            assertInstanceOf(Phase.Exporting.class, run.state.phase());
            run.rank(new ModelExported(run.state.at(), 0)); // again: counts once
            run.rank(new ModelExported(run.state.at(), rank));
        }
        assertInstanceOf(Phase.Closing.class, run.state.phase());
    }

    /** Behind the model that the first stage leaves, at that of the run. */
    private static CoreDriver exportingRun() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(RankCommand.ExportModel.class);
        assertInstanceOf(Phase.ExportingStage.class, run.state.phase());
        return run.answerNext().runUntil(RankCommand.ExportModel.class);
    }

    @Test
    void shouldStopBehindTheModelThatAStageLeavesWhenStoppedWhileItIsWritten() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(RankCommand.ExportModel.class);
        run.stop().runToEnd();
        assertEquals(
                1,
                run.journal().stream()
                        .filter(JournalEntry.StageExported.class::isInstance)
                        .count());
        assertEquals(
                "stopped at step 3, resume with bin/longreel resume /runs/test",
                run.finish().message());
    }

    @Test
    void shouldFinishTheRunWhenStoppedWhileExporting() {
        CoreDriver run = exportingRun();
        run.stop().runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldGiveUpWaitingWhenAStopTakesTooLong() {
        CoreDriver run =
                CoreDriver.fresh().connect().runUntil(RankCommand.RunStep.class).stop();
        run.on(new Event.TimePassed(run.nowMs + EndingRules.STOP_GRACE_MS - 1));
        assertTrue(run.all(Effect.Finish.class).isEmpty());
        run.on(new Event.TimePassed(run.nowMs + EndingRules.STOP_GRACE_MS));
        assertEquals(1, run.finish().exitCode());
    }

    @Test
    void shouldNotGiveUpASavingThatTakesLongerThanAStopMay() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 1, Start.fresh(1)))
                .connect()
                .runUntil(WriteSlices.class)
                .stop();
        run.pending.removeIf(said -> said.trigger() instanceof RankCommand.RunStep);
        assertTrue(run.state.saving().isPresent());
        run.on(new Event.TimePassed(run.nowMs + EndingRules.STOP_GRACE_MS));
        assertTrue(run.all(Effect.Finish.class).isEmpty());
    }

    @Test
    void shouldFailWithTwoWhenNodesDoNotJoinInTime() {
        CoreDriver run = CoreDriver.fresh().join("p-a", "node-a").ready("p-a", "node-a");
        run.on(new Event.TimePassed(10_999));
        assertTrue(run.all(Effect.Finish.class).isEmpty());
        run.on(new Event.TimePassed(11_000));
        assertEquals(2, run.finish().exitCode());
        assertTrue(run.finish().message().startsWith("only 1 of 2 nodes joined within 10 s"));
    }

    @Test
    void shouldWaitBeyondTheJoinTimeoutWhenAllNodesHaveJoinedAndOneIsNotReady() {
        CoreDriver run =
                CoreDriver.fresh().join("p-a", "node-a").ready("p-a", "node-a").join("p-b", "node-b");
        run.on(new Event.TimePassed(1_000_000));
        assertTrue(run.all(Effect.Finish.class).isEmpty());
        run.ready("p-b", "node-b");
        assertEquals(
                1,
                run.all(Effect.TellNode.class).stream()
                        .filter(tell -> tell.processId().equals("p-b") && tell.command() instanceof StartRanks)
                        .count());
    }

    @Test
    void shouldNameRankAndStepAndAbortTheOthersWhenARankFails() {
        CoreDriver run = CoreDriver.withoutRecovery().connect().runUntil(RankCommand.RunStep.class);
        run.rank(new RankFailed(run.state.at(), 2, Category.FATAL, "kernel said no"));
        assertEquals(
                new Effect.Finish(1, "rank 2 on node-b failed in stage short, step 0: kernel said no"), run.finish());
        assertEquals(1, run.told(RankCommand.AbortGeneration.class).size());
        assertEquals(
                2,
                run.all(Effect.TellNode.class).stream()
                        .filter(tell -> tell.command() instanceof StopNode stop && stop.exitCode() == 1)
                        .count());
    }

    @Test
    void shouldExitWithTwoWhenTheDataAreWrong() {
        CoreDriver run = CoreDriver.fresh().connect();
        run.rank(new RankFailed(run.state.at(), 0, Category.DATA, "x.mp4 has no video stream"));
        assertEquals(2, run.finish().exitCode());
        CoreDriver other = CoreDriver.fresh().join("p-a", "node-a");
        other.on(new Event.NodeReported(1, new NodeFailed("p-a", Category.CONFIG, "port 9 is in use")));
        assertEquals(new Effect.Finish(2, "port 9 is in use (on node node-a)"), other.finish());
    }

    @Test
    void shouldNameSilentCorruptionWhenRanksDisagreeOnAStep() {
        CoreDriver run = CoreDriver.withoutRecovery().connect().runUntil(RankCommand.RunStep.class);
        StepId at = run.state.at();
        StepResult right = CoreDriver.result(0);
        StepResult wrong = new StepResult(Math.nextUp(right.loss()), 10, 100, 1.5, 1e-3, true);
        for (int rank = 0; rank < 4; rank++) {
            run.rank(CoreDriver.finished(at, rank, rank == 2 ? wrong : right));
        }
        assertEquals(1, run.finish().exitCode());
        assertTrue(run.finish().message().startsWith("step 0 of stage short: silent corruption, ranks disagree: "));
        assertTrue(run.finish().message().contains("ranks [2]"));
        assertTrue(run.all(Effect.RecordStep.class).isEmpty());
    }

    @Test
    void shouldNameSilentCorruptionWhenRanksAnswerDifferently() {
        CoreDriver run = CoreDriver.withoutRecovery().connect().runUntil(RankCommand.EvaluateCell.class);
        for (int rank = 0; rank < 4; rank++) {
            List<TestAnswer> answers = List.of(new TestAnswer(List.of(rank == 3 ? 5 : 4), true));
            run.rank(new CellEvaluated(run.state.at(), rank, 0, answers));
        }
        assertTrue(run.finish().message().contains("cell 0 of needle test needle-short"));
    }

    @Test
    void shouldFailWhenTooManyStepsInARowChangeNothing() {
        CoreDriver run = afterManySteps(0, new StepResult(Double.NaN, 1, 1, 1, 1, false));
        assertEquals(1, run.finish().exitCode());
        assertTrue(run.finish().message().contains("not finite in 20 steps in a row"));
    }

    /** One rank, and as many steps with this result as a run bears. */
    private static CoreDriver afterManySteps(int attemptsMax, StepResult result) {
        CoreDriver run = new CoreDriver(new JobPlan(
                "still",
                new Mesh(1, 1, 1),
                1,
                1,
                1,
                0,
                1_000,
                CoreDriver.recovery(attemptsMax, 0),
                1,
                1,
                "longreel {}",
                0,
                "/runs/still",
                List.of(new JobPlan.StagePlan("only", 100, Optional.empty(), true)),
                Start.fresh(1),
                false,
                List.of()));
        run.join("p", "n").ready("p", "n");
        run.rank(new RankConnected(run.state.at(), 0));
        run.runUntil(RankCommand.RunStep.class);
        for (int step = 0; step < TrainingRules.UNAPPLIED_IN_A_ROW_MAX; step++) {
            run.rank(CoreDriver.finished(run.state.at(), 0, result));
        }
        return run;
    }

    /** A wrong folder of media, and damaged records that are to be skipped: the run must not end well with a model that learned nothing. */
    @Test
    void shouldFailWhenNoRecordCanBeUsedForTwentySteps() {
        CoreDriver run = afterManySteps(3, new StepResult(0, 0, 0, 0, 1, false));
        assertEquals(2, run.finish().exitCode());
        assertTrue(run.finish().message().contains("no record could be used in 20 steps in a row"));
    }

    @Test
    void shouldFailWhenTheJournalCannotBeWritten() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(Effect.WriteManifest.class);
        run.on(new Event.FilesRecorded(1, new RecordReport.RecordFailed("no space left on device")));
        assertEquals(new Effect.Finish(1, "no space left on device"), run.finish());
    }

    @Test
    void shouldFailAtOnceWhenAForkedWorkerEndsBeforeItJoins() {
        CoreDriver run = CoreDriver.fresh().join("p-a", "node-a");
        run.on(new Event.NodeLost(1, "p-x", "refused and gone", false));
        assertTrue(run.all(Effect.Finish.class).isEmpty());
        run.on(new Event.NodeLost(1, "p-b", "exit code 1", true));
        assertEquals(new Effect.Finish(1, "worker p-b ended before it joined: exit code 1"), run.finish());
    }

    @Test
    void shouldStayEndedWhateverComes() {
        CoreDriver run = CoreDriver.fresh().connect().stop();
        SupervisorState ended = run.state;
        run.rank(new RankFailed(run.state.at(), 0, Category.FATAL, "late"));
        run.on(new Event.NodeLost(1, "p-a", "gone", false));
        run.stop();
        run.on(new Event.TimePassed(1_000_000));
        assertInstanceOf(Phase.Ended.class, run.state.phase());
        assertEquals(ended, run.state);
        run.finish();
    }
}
