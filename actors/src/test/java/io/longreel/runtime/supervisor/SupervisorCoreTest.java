package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A run in which everything goes well: the order of decisions from the first node to the report. */
class SupervisorCoreTest {

    @Test
    void shouldPlaceRanksByNodeIdWhenAllNodesAreReady() {
        CoreDriver run = CoreDriver.fresh().form();
        assertInstanceOf(Phase.Connecting.class, run.state.phase());
        List<StartRanks> starts = run.all(Effect.TellNode.class).stream()
                .map(Effect.TellNode::command)
                .filter(StartRanks.class::isInstance)
                .map(StartRanks.class::cast)
                .toList();
        assertEquals(2, starts.size());
        assertEquals(1, starts.getFirst().placement().generation());
        assertEquals(
                List.of("node-a", "node-a", "node-b", "node-b"),
                starts.getFirst().placement().ranks().stream()
                        .map(site -> site.nodeId())
                        .toList());
        assertEquals(2, starts.getFirst().sitesOf("p-a").size());
    }

    @Test
    void shouldJournalThePlacementBeforeAnyRankStarts() {
        CoreDriver run = CoreDriver.fresh().form();
        int placed = run.effects.indexOf(run.all(Effect.WriteJournal.class).getFirst());
        int started = run.effects.stream()
                .map(effect -> effect instanceof Effect.TellNode tell && tell.command() instanceof StartRanks)
                .toList()
                .indexOf(true);
        assertInstanceOf(JournalEntry.Placed.class, run.journal().getFirst());
        assertTrue(placed < started, "placed=%d started=%d".formatted(placed, started));
    }

    @Test
    void shouldWelcomeANodeAgainWhenItAsksTwice() {
        CoreDriver run = CoreDriver.fresh().join("p-a", "node-a").join("p-a", "node-a");
        assertEquals(
                List.of(
                        new Effect.TellNode("p-a", new Welcome("longreel {}")),
                        new Effect.TellNode("p-a", new Welcome("longreel {}"))),
                run.effects);
        assertEquals(1, run.state.crew().members().size());
    }

    @Test
    void shouldRefuseANodeWhenTheJobIsFullOrItsIdIsTakenOrTheRunHasBegun() {
        CoreDriver run = CoreDriver.fresh().join("p-a", "node-a").join("p-x", "node-a");
        assertInstanceOf(StopNode.class, ((Effect.TellNode) run.effects.getLast()).command());
        run.join("p-b", "node-b").join("p-c", "node-c");
        assertInstanceOf(StopNode.class, ((Effect.TellNode) run.effects.getLast()).command());
        CoreDriver begun = CoreDriver.fresh().connect().join("p-c", "node-c");
        assertInstanceOf(StopNode.class, ((Effect.TellNode) begun.effects.getLast()).command());
        assertEquals(2, begun.state.crew().members().size());
    }

    @Test
    void shouldRunThroughAllStagesWhenNothingGoesWrong() {
        CoreDriver run = CoreDriver.fresh().connect().runToEnd();
        assertEquals(new Effect.Finish(0, "finished: 5 steps"), run.finish());
        assertEquals(
                List.of(
                        "Placed",
                        "StageBegan",
                        "StepCommitted",
                        "StepCommitted",
                        "StepCommitted",
                        "SlicesSaved",
                        "StageEnded",
                        "CheckpointCommitted",
                        "EvaluationFinished",
                        "StageExported",
                        "StageBegan",
                        "StepCommitted",
                        "StepCommitted",
                        "SlicesSaved",
                        "StageEnded",
                        "CheckpointCommitted",
                        "ModelExported",
                        "RunEnded"),
                run.journal().stream()
                        .map(entry -> entry.getClass().getSimpleName())
                        .toList());
        assertEquals(
                List.of(
                        "PrepareModel",
                        "BeginStage",
                        "RunStep",
                        "RunStep",
                        "RunStep",
                        "EndStage",
                        "EvaluateCell",
                        "EvaluateCell",
                        "EvaluateCell",
                        "EvaluateCell",
                        "EvaluateCell",
                        "EvaluateCell",
                        "ExportModel",
                        "BeginStage",
                        "RunStep",
                        "RunStep",
                        "EndStage",
                        "ExportModel"),
                run.told(RankCommand.class).stream()
                        .map(command -> command.getClass().getSimpleName())
                        .toList());
        assertEquals(
                Set.of(new StopNode(0, "finished: 5 steps")),
                Set.copyOf(run.all(Effect.TellNode.class).stream()
                        .map(Effect.TellNode::command)
                        .filter(StopNode.class::isInstance)
                        .toList()));
    }

    @Test
    void shouldCommitWithTheSlowestRanksDurationWhenAllRanksReported() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(RankCommand.RunStep.class);
        StepId at = run.state.at();
        for (int rank : List.of(3, 0, 2)) {
            run.rank(CoreDriver.finished(at, rank, CoreDriver.result(0)));
            assertEquals(0, run.state.committed().step());
        }
        run.nowMs = 4_321;
        run.rank(CoreDriver.finished(at, 1, CoreDriver.result(0)));
        assertEquals(
                List.of(new Effect.RecordStep(new CommittedStep(
                        new Position(0, 1, 1),
                        "short",
                        CoreDriver.result(0),
                        new StepCost(4, 0, 0.001, 3_999_000 / 2_499_000.0),
                        new SentBytes(0, 4, 8),
                        StepData.UNKNOWN,
                        IntStream.range(0, 4)
                                .mapToObj(rank -> CoreDriver.finished(at, rank, CoreDriver.result(0)))
                                .toList()))),
                run.all(Effect.RecordStep.class));
    }

    @Test
    void shouldReportTheCellsOfANeedleTestWithFramesAndDepth() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(Effect.WriteEvaluation.class);
        Effect.WriteEvaluation write = run.all(Effect.WriteEvaluation.class).getFirst();
        assertEquals(6, write.cells().size());
        assertEquals(16, write.cells().get(4).frames());
        assertEquals(0.5, write.cells().get(4).depth());
        assertEquals(1, write.cells().get(4).correct());
        assertEquals(2, write.cells().get(4).total());
        assertTrue(run.journal().stream().noneMatch(JournalEntry.EvaluationFinished.class::isInstance));
    }

    @Test
    void shouldWriteCheckpointsBesideTheTrainingWhenTheyAreDue() {
        CoreDriver run =
                new CoreDriver(CoreDriver.plan(3, 2, Start.fresh(1))).connect().runUntil(WriteSlices.class);
        assertEquals(3, run.state.committed().globalStep()); // the last step of the stage did not wait for the disk
        assertEquals(
                List.of(
                        new WriteSlices(new SnapshotId(1, 0, 2), "/runs/test/checkpoints/step-00000002"),
                        new WriteSlices(new SnapshotId(1, 0, 2), "/runs/test/checkpoints/step-00000002")),
                run.toldNodes(WriteSlices.class));
        run.runToEnd();
        assertEquals(
                List.of(2L, 3L, 4L, 5L), // every 2 steps, and at both ends of stages
                run.journal().stream()
                        .filter(JournalEntry.CheckpointCommitted.class::isInstance)
                        .map(entry -> ((JournalEntry.CheckpointCommitted) entry).globalStep())
                        .toList());
    }

    @Test
    void shouldIssueAheadUpToTheWindowWhenNoCheckpointIsDue() {
        CoreDriver run =
                new CoreDriver(CoreDriver.plan(2, 0, Start.fresh(1))).connect().runUntil(RankCommand.RunStep.class);
        assertEquals(2, run.told(RankCommand.RunStep.class).size());
        run.answerNext();
        assertEquals(3, run.told(RankCommand.RunStep.class).size());
    }

    @Test
    void shouldCommitInOrderWhenRanksAreAheadOfEachOther() {
        CoreDriver run =
                new CoreDriver(CoreDriver.plan(2, 0, Start.fresh(1))).connect().runUntil(RankCommand.RunStep.class);
        StepId first = run.state.at(0);
        StepId second = run.state.at(1);
        for (int rank = 0; rank < 3; rank++) {
            run.rank(CoreDriver.finished(first, rank, CoreDriver.result(0)));
            run.rank(CoreDriver.finished(second, rank, CoreDriver.result(1)));
        }
        run.rank(CoreDriver.finished(second, 3, CoreDriver.result(1)));
        assertEquals(0, run.state.committed().step());
        run.rank(CoreDriver.finished(first, 3, CoreDriver.result(0)));
        assertEquals(2, run.state.committed().step());
    }

    @Test
    void shouldTrainOnAtTheCheckpointWhenTheRunIsResumed() {
        Start start = new Start(
                4, new Position(1, 1, 4), Optional.of("/runs/test/checkpoints/step-00000004"), Set.of(0), Set.of());
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, start)).connect().runToEnd();
        assertEquals(
                List.of("RestoreCheckpoint", "RunStep", "EndStage", "ExportModel"),
                run.told(RankCommand.class).stream()
                        .map(command -> command.getClass().getSimpleName())
                        .toList());
        assertEquals(
                new StepId(4, 1, 1),
                run.told(RankCommand.RunStep.class).getFirst().at());
        assertEquals(0, run.finish().exitCode());
    }

    @Test
    void shouldEndTheStageWithoutAnotherCheckpointWhenTheRunIsResumedAtItsEnd() {
        Start start = new Start(2, new Position(0, 3, 3), Optional.of("/c"), Set.of(0), Set.of());
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, start)).connect().runUntil(RankCommand.BeginStage.class);
        assertEquals(
                List.of("RestoreCheckpoint", "EndStage", "ExportModel", "BeginStage"), // evaluated before, so not again
                run.told(RankCommand.class).stream()
                        .map(command -> command.getClass().getSimpleName())
                        .toList());
        assertTrue(run.all(Effect.WriteManifest.class).isEmpty());
    }

    @Test
    void shouldIgnoreDuplicatesAndReportsThatNobodyAskedFor() {
        CoreDriver run = CoreDriver.fresh().form();
        run.rank(new RankConnected(run.state.at(), 0)).rank(new RankConnected(run.state.at(), 0));
        assertEquals(Set.of(1, 2, 3), ((Phase.Connecting) run.state.phase()).waiting());
        CoreDriver training = CoreDriver.fresh().connect().runUntil(RankCommand.RunStep.class);
        SupervisorState before = training.state;
        training.rank(CoreDriver.finished(training.state.at(1), 0, CoreDriver.result(1))); // not issued yet
        training.rank(new RankConnected(training.state.at(), 2));
        assertEquals(before, training.state);
        assertInstanceOf(Effect.Note.class, training.effects.getLast());
    }

    @Test
    void shouldFenceReportsOfAnotherGeneration() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(3)));
        run.connect().runUntil(RankCommand.RunStep.class);
        StepId stale = new StepId(2, 0, 0);
        run.rank(CoreDriver.finished(stale, 0, CoreDriver.result(0)));
        assertTrue(run.effects.contains(new Effect.AnswerSender(new RankCommand.Fenced(stale, 3))));
        assertEquals(1, run.state.fencedCount());
        assertEquals(0, run.state.committed().step());
    }
}
