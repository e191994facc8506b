package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RecoverySettings;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.NodeCommand.JoinLater;
import io.longreel.runtime.protocol.NodeCommand.NodeFenced;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.NodeReport.RanksStopped;
import io.longreel.runtime.protocol.NodeReport.SlicesFailed;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A run in which things go wrong: what is lost, where the state comes from, and who is blamed. */
class SupervisorCoreRecoveryTest {

    /** Kills a process that hosts ranks, and goes on until another one hosts them. */
    private static void replace(CoreDriver run, String process) {
        run.kill(process);
        while (run.state.placedIds().contains(process)) {
            run.happen(0);
        }
    }

    private static void tick(CoreDriver run, long ms) {
        for (long passed = 0; passed < ms; passed += 100) {
            run.nowMs += 100;
            run.on(new Event.TimePassed(run.nowMs));
        }
    }

    @Test
    void shouldGoOnFromMemoryWithoutALostStepWhenANodeDiesAndItsNodeComesBack() {
        CoreDriver run = CoreDriver.trained(2).kill("p-b");
        assertEquals(
                new StopRanks(2, "node node-b was lost: exit code 137"),
                run.toldNodes(StopRanks.class).getFirst());
        run.join("p-b2", "node-b").ready("p-b2", "node-b").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertEquals(
                new RankCommand.RestoreSnapshot(
                        run.told(RankCommand.RestoreSnapshot.class).getFirst().at(), new SnapshotId(1, 0, 2)),
                run.told(RankCommand.RestoreSnapshot.class).getFirst());
        assertEquals(0, run.news(RunNews.Recovered.class).getFirst().replayed());
        StartRanks placed = run.toldNodes(StartRanks.class).getLast();
        assertEquals(
                List.of("p-a", "p-a", "p-b2", "p-b2"),
                placed.placement().ranks().stream()
                        .map(site -> site.processId())
                        .toList());
    }

    @Test
    void shouldJournalTheRecoveryBeforeAnyoneIsToldToStop() {
        CoreDriver run = CoreDriver.trained(1).kill("p-b");
        List<Effect> effects = run.effects;
        int journalled = -1;
        int told = -1;
        for (int i = 0; i < effects.size(); i++) {
            if (effects.get(i) instanceof Effect.WriteJournal write
                    && write.entry() instanceof JournalEntry.Recovering) {
                journalled = i;
            }
            if (told < 0 && effects.get(i) instanceof Effect.TellNode tell && tell.command() instanceof StopRanks) {
                told = i;
            }
        }
        assertTrue(0 <= journalled && journalled < told, "journalled=%d told=%d".formatted(journalled, told));
    }

    @Test
    void shouldComputeStepsAgainWithoutCountingThemTwiceWhenBothHoldersOfASliceDie() {
        CoreDriver run =
                CoreDriver.trained(CoreDriver.plan(1, 2, Start.fresh(1)), 2).runUntil(RankCommand.EndStage.class);
        assertEquals(3, run.committed().size());
        assertEquals("step-00000002", run.checkpoint.isEmpty() ? "none" : "step-00000002");
        run.kill("p-a").kill("p-b");
        run.join("q-a", "node-a").ready("q-a", "node-a").join("q-b", "node-b").ready("q-b", "node-b");
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertEquals(1, run.all(Effect.FindCheckpoint.class).size());
        assertEquals(1, run.told(RankCommand.RestoreCheckpoint.class).size());
    }

    /** The state behind the end of a stage is in no memory: the end is gone through again, and the model is written whole. */
    @Test
    void shouldWriteTheModelOfAStageAgainWhenANodeDiesWhileItIsWritten() {
        CoreDriver run = CoreDriver.fresh().connect().runUntil(RankCommand.ExportModel.class);
        run.kill("p-b").join("q-b", "node-b").ready("q-b", "node-b").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(
                List.of("/runs/test/models/short", "/runs/test/models/short", "/runs/test/model"),
                run.told(RankCommand.ExportModel.class).stream()
                        .map(RankCommand.ExportModel::directory)
                        .toList());
        assertEquals(
                List.of(
                        "/runs/test/models/short/adapter",
                        "/runs/test/models/short/adapter",
                        "/runs/test/models/long/adapter"),
                run.told(RankCommand.EndStage.class).stream()
                        .map(RankCommand.EndStage::adapterDirectory)
                        .toList());
        assertEquals(
                List.of(new JournalEntry.StageExported(0, "short", "/runs/test/models/short")),
                run.journal().stream()
                        .filter(JournalEntry.StageExported.class::isInstance)
                        .toList());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
    }

    @Test
    void shouldTakeThePlannersMeshesWhenTheMeshIsLeftToIt() {
        List<Mesh> planned = List.of(new Mesh(1, 2, 1), new Mesh(1, 2, 2));
        JobPlan plan = CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 0), planned);
        CoreDriver run = CoreDriver.trained(plan, 1).kill("p-b").runToEnd();
        run.liveOn(5_000, "p-a", "node-a");
        assertEquals(new Mesh(1, 2, 1), run.state.mesh());
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldShrinkWhenNoNodeComesAndGrowBackWhenOneDoes() {
        CoreDriver run = CoreDriver.trained(1).kill("p-b").runToEnd();
        assertInstanceOf(Phase.Seeking.class, run.state.phase());
        run.liveOn(5_000, "p-a", "node-a");
        assertEquals(new Mesh(1, 1, 2), run.state.mesh());
        while (run.committed().size() < 2) {
            run.happen(0);
        }
        run.join("p-c", "node-c").ready("p-c", "node-c").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(new Mesh(1, 2, 2), run.state.mesh());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertEquals(
                2,
                run.news(RunNews.Recovered.class).stream()
                        .filter(news -> news.replayed() == 0)
                        .count());
    }

    @Test
    void shouldEndWhenTheMeshMayNotShrink() {
        JobPlan plan = CoreDriver.plan(1, 0, Start.fresh(1), notElastic());
        CoreDriver run = CoreDriver.trained(plan, 1).kill("p-b").runToEnd();
        run.liveOn(5_000, "p-a", "node-a");
        assertEquals(1, run.finish().exitCode());
        assertTrue(
                run.finish().message().startsWith("only 1 of 2 nodes are left after 5 s: node node-b was lost"),
                run.finish().message());
    }

    private static RecoverySettings notElastic() {
        var r = CoreDriver.recovery(5, 0);
        return new RecoverySettings(
                r.attemptsMax(),
                r.spares(),
                r.hangTimeout(),
                r.progressTimeout(),
                r.waitForNodes(),
                false,
                r.replicas(),
                r.snapshotEverySteps(),
                r.snapshotCostMax(),
                r.quarantine(),
                r.guard());
    }

    @Test
    void shouldReplaceALostNodeByASpareAtOnce() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)));
        run.form().join("p-s", "node-s").ready("p-s", "node-s").runUntil(RankCommand.RunStep.class);
        run.answerNext().kill("p-a");
        assertEquals(3, run.state.crew().members().size() + 1);
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(
                List.of("p-s", "p-s", "p-b", "p-b"),
                run.toldNodes(StartRanks.class).getLast().placement().ranks().stream()
                        .map(site -> site.processId())
                        .toList());
        assertTrue(run.news(RunNews.NodesAwaited.class).isEmpty());
    }

    @Test
    void shouldLoseANodeThatSaysNothingAndFenceItWhenItWakesUp() {
        CoreDriver run = CoreDriver.trained(1);
        run.liveOn(1_400, "p-a", "node-a");
        assertEquals(2, run.state.crew().members().size());
        run.liveOn(300, "p-a", "node-a");
        assertEquals(Set.of("p-a"), run.state.crew().members().keySet());
        assertEquals(2, run.state.generation());
        run.node(CoreDriver.beat("p-b", "node-b", 1, List.of(new RankPulse(2, 9, true))));
        Effect.TellNode fence = run.all(Effect.TellNode.class).stream()
                .filter(tell -> tell.processId().equals("p-b") && tell.command() instanceof NodeFenced)
                .reduce((a, b) -> b)
                .orElseThrow();
        assertTrue(((NodeFenced) fence.command()).reason().contains("declared lost"));
        long before = run.state.fencedCount();
        run.rank(CoreDriver.finished(new StepId(1, 0, 1), 2, CoreDriver.result(1)));
        assertEquals(before + 1, run.state.fencedCount());
    }

    @Test
    void shouldHavePatienceWhenSoManyFallSilentAtOnceThatTheirMemoriesWouldBeLost() {
        CoreDriver run = CoreDriver.trained(1);
        tick(run, 3_000);
        assertEquals(2, run.state.crew().members().size());
        assertEquals(1, run.state.generation());
        run.liveOn(1_000, "p-a", "node-a");
        assertEquals(Set.of("p-a"), run.state.crew().members().keySet(), "one of them is not the network any more");
        CoreDriver cutOff = CoreDriver.trained(1);
        tick(cutOff, 8_200);
        assertEquals(Set.of(), cutOff.state.crew().members().keySet());
    }

    @Test
    void shouldBlameNobodyForSilenceWhileTheSupervisorItselfWasAway() {
        CoreDriver run = CoreDriver.trained(1);
        tick(run, 200);
        run.nowMs += 30_000;
        run.on(new Event.TimePassed(run.nowMs));
        assertEquals(2, run.state.crew().members().size());
        assertEquals(1, run.state.generation());
    }

    @Test
    void shouldLoseANodeWhoseRankComputesWithoutProgressButNotOneThatWaits() {
        CoreDriver run = CoreDriver.trained(1);
        for (int i = 0; i < 605; i++) {
            run.nowMs += 100;
            run.node(
                    CoreDriver.beat("p-a", "node-a", 1, List.of(new RankPulse(0, 5, true), new RankPulse(1, 5, true))));
            run.node(CoreDriver.beat(
                    "p-b", "node-b", 1, List.of(new RankPulse(2, 5, true), new RankPulse(3, 5, false))));
            run.on(new Event.TimePassed(run.nowMs));
        }
        assertEquals(Set.of("p-a"), run.state.crew().members().keySet());
        assertTrue(run.news(RunNews.NodeLost.class).getFirst().reason().startsWith("rank 3 has made no progress"));
    }

    @Test
    void shouldQuarantineANodeThatKeepsGettingLost() {
        CoreDriver run = CoreDriver.trained(1);
        String process = "p-b";
        for (int loss = 1; loss <= 3; loss++) {
            run.kill(process);
            process = "p-b" + loss;
            run.join(process, "node-b");
            if (loss < 3) {
                run.ready(process, "node-b").runUntil(RankCommand.RunStep.class);
            }
        }
        assertEquals(
                new JoinLater(30_000, "node node-b was lost too often"),
                run.toldNodes(JoinLater.class).getLast());
        assertEquals(1, run.news(RunNews.NodeQuarantined.class).size());
        run.nowMs += 30_000;
        run.join(process, "node-b").ready(process, "node-b").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldMoveTheRanksOfANodeThatLeavesWithoutALostStep() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)));
        run.form().join("p-s", "node-s").ready("p-s", "node-s").runUntil(RankCommand.RunStep.class);
        run.answerNext();
        run.node(new LeaveRequested("p-b", "SIGTERM")).runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertTrue(run.news(RunNews.RecoveryStarted.class).getFirst().isPlanned());
        assertTrue(run.all(Effect.TellNode.class)
                .contains(new Effect.TellNode("p-b", new StopNode(0, "node node-b has left the run"))));
    }

    @Test
    void shouldPlaceTheSpareThatHasBeenHereLongest() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 2)));
        run.form()
                .join("p-z", "node-z")
                .ready("p-z", "node-z")
                .join("p-y", "node-y")
                .ready("p-y", "node-y");
        run.runUntil(RankCommand.RunStep.class);
        run.nowMs += 1_000;
        replace(run, "p-b");
        run.join("p-b2", "node-b").ready("p-b2", "node-b");
        run.nowMs += 1_000;
        // By name the fresh one would come first.
        replace(run, "p-a");
        assertEquals(Set.of("p-y", "p-z"), run.state.placedIds());
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldCountAProcessThatWasGivenUpAndCameBackAsLongAsItHasBeenKnown() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 2)));
        run.form().runUntil(RankCommand.RunStep.class);
        run.nowMs += 1_000;
        run.join("p-y", "node-y").ready("p-y", "node-y").join("p-x", "node-x").ready("p-x", "node-x");
        replace(run, "p-b");
        assertEquals(Set.of("p-a", "p-x"), run.state.placedIds());
        run.nowMs += 1_000;
        run.dead.remove("p-b");
        run.join("p-b", "node-b").ready("p-b", "node-b");
        replace(run, "p-a");
        assertEquals(Set.of("p-b", "p-x"), run.state.placedIds());
    }

    @Test
    void shouldMoveNobodyAgainWhenTheOneThatWantsToLeaveHasNoPlaceAnyMore() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)));
        run.form().join("p-s", "node-s").ready("p-s", "node-s").runUntil(RankCommand.RunStep.class);
        run.rank(new RankFailed(run.state.at(), 0, Category.RETRYABLE, "link 0 -> 2: wrong checksum"));
        run.node(new LeaveRequested("p-b", "SIGTERM")).runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(2, run.state.generation());
    }

    @Test
    void shouldWriteACheckpointAgainThatDidNotLoad() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 2, Start.fresh(1))).connect();
        while (run.state.progress().savedGlobalStep() < 2) {
            run.happen(0);
        }
        run.checkpoint = ""; // the one that there was is damaged
        run.kill("p-a").kill("p-b");
        run.join("q-a", "node-a").ready("q-a", "node-a").join("q-b", "node-b").ready("q-b", "node-b");
        run.runUntil(StartRanks.class);
        assertEquals(0, run.state.progress().savedGlobalStep());
        run.runToEnd();
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        assertEquals(
                2,
                run.all(Effect.WriteManifest.class).stream()
                        .filter(write -> write.checkpoint().equals("step-00000002"))
                        .count());
    }

    @Test
    void shouldRememberSnapshotsOfStepsInFlightOnly() {
        CoreDriver run = CoreDriver.trained(2);
        assertEquals(Set.of(2), ((Phase.Training) run.state.phase()).snapshots());
    }

    @Test
    void shouldGiveUpWithTheCauseWhenRecoveriesLeadNowhere() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(2, 0)), 1);
        for (int i = 0; i < 3; i++) {
            run.rank(new RankFailed(run.state.at(), 1, Category.FATAL, "out of memory"));
            run.pending.removeIf(said -> said.trigger() instanceof RankCommand.RunStep);
            run.runUntil(RankCommand.RunStep.class);
        }
        assertEquals(1, run.finish().exitCode());
        assertTrue(
                run.finish()
                        .message()
                        .startsWith(
                                "rank 1 on node-a failed in stage short, step 1: out of memory; 2 recoveries in a row"),
                run.finish().message());
    }

    @Test
    void shouldTrainOnWhenSlicesCannotBeWrittenAndTryAgainWhenDue() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 1, Start.fresh(1)), 1);
        SnapshotId first = run.state.saving().orElseThrow().snapshot();
        run.node(new SlicesFailed("p-a", first, "no space left on device"));
        assertEquals(
                1, run.all(Effect.DiscardCheckpoint.class).getFirst().position().globalStep());
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertTrue(run.news(RunNews.CheckpointFailed.class)
                .getFirst()
                .reason()
                .contains("the checkpoint of step 1 was not written: no space left on device"));
        assertEquals(5, run.state.progress().savedGlobalStep());
    }

    @Test
    void shouldTakeASnapshotAndSaveWhenStoppedBetweenSnapshots() {
        var r = CoreDriver.recovery(5, 0);
        var rare = new RecoverySettings(
                5,
                0,
                r.hangTimeout(),
                r.progressTimeout(),
                r.waitForNodes(),
                true,
                1,
                100,
                0.01,
                r.quarantine(),
                r.guard());
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), rare), 1)
                .stop()
                .runToEnd();
        assertEquals(1, run.told(RankCommand.TakeSnapshot.class).size());
        assertEquals(
                "stopped at step 2, resume with bin/longreel resume /runs/test",
                run.finish().message());
        assertEquals(2, run.state.progress().savedGlobalStep());
    }

    @Test
    void shouldGoOnFromTheMemoriesWhenAnotherSupervisorTakesOver() {
        CoreDriver old = CoreDriver.trained(2);
        JobPlan plan = CoreDriver.plan(1, 0, Start.fresh(1));
        Progress known = Progress.takenOver(
                plan.start(),
                old.state.committed(),
                Map.of(0L, CoreDriver.result(0), 1L, CoreDriver.result(1)),
                Set.of(),
                0,
                new TreeMap<>(),
                Set.of());
        CoreDriver run = new CoreDriver(plan);
        run.held.putAll(old.held);
        run.state = SupervisorState.takenOver(plan, 1, known, new TreeSet<>(Set.of("node-a", "node-b")), run.nowMs);
        run.node(CoreDriver.beat("p-a", "node-a", 1, List.of())).node(CoreDriver.beat("p-b", "node-b", 1, List.of()));
        assertEquals(2, run.state.generation());
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(3L, 4L, 5L), run.committed());
        assertEquals(
                new SnapshotId(1, 0, 2),
                run.told(RankCommand.RestoreSnapshot.class).getFirst().source());
    }

    @Test
    void shouldNeverTrustASnapshotOfAStepThatWasNotCommitted() {
        CoreDriver run = CoreDriver.trained(1);
        for (int rank = 0; rank < 4; rank++) {
            // All hold what would be step 2, but not all have said so.
            for (String process : List.of("p-a", "p-b")) {
                run.held
                        .computeIfAbsent(process, p -> new LinkedHashSet<>())
                        .add(new HeldSlice(new SnapshotId(1, 0, 2), rank, 4));
            }
        }
        run.rank(new RankFailed(run.state.at(), 3, Category.RETRYABLE, "peer is gone"));
        run.pending.removeIf(said -> said.trigger() instanceof RankCommand.RunStep);
        run.runUntil(RankCommand.RestoreSnapshot.class);
        assertEquals(
                new SnapshotId(1, 0, 1),
                run.told(RankCommand.RestoreSnapshot.class).getFirst().source());
    }

    @Test
    void shouldIgnoreAnAnswerToAnotherStop() {
        CoreDriver run = CoreDriver.trained(1);
        run.rank(new RankFailed(run.state.at(), 3, Category.RETRYABLE, "peer is gone"));
        run.node(new RanksStopped("p-a", 7, List.of()));
        assertEquals(2, ((Phase.Stopping) run.state.phase()).waiting().size());
    }

    @Test
    void shouldNotGrowWithTheNumberOfSnapshots() {
        Progress progress = Progress.at(Start.fresh(1)).endOf(1).endOf(2);
        for (int step = 1; step <= 200_000; step++) {
            progress = progress.keepingFrom(new SnapshotId(2, 0, step));
        }
        assertEquals(Set.of(2), progress.limits().keySet()); // a chain of views would overflow the stack
    }
}
