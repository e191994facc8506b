package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.NodeReport.RanksStopped;
import io.longreel.runtime.protocol.NodeReport.SlicesWritten;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages that never arrived, and answers that come late for another reason. */
class SupervisorCoreStallTest {

    /** Lets time pass in which both nodes live and their ranks do this. */
    private static void beat(CoreDriver run, long ms, boolean isWaiting) {
        beat(run, ms, isWaiting, false);
    }

    /** The same, with ranks whose progress grows or does not. */
    private static void beat(CoreDriver run, long ms, boolean isWaiting, boolean getsOn) {
        for (long passed = 0; passed < ms; passed += 100) {
            run.nowMs += 100;
            for (String node : List.of("a", "b")) {
                int first = node.equals("a") ? 0 : 2;
                long progress = getsOn ? run.nowMs : 7;
                run.node(new Beat(
                        "p-" + node,
                        "node-" + node,
                        "127.0.0.1:46",
                        "/dev/shm/p-" + node,
                        run.state.generation(),
                        List.of(
                                new RankPulse(first, progress, isWaiting),
                                new RankPulse(first + 1, progress, isWaiting))));
            }
            run.on(new Event.TimePassed(run.nowMs));
        }
    }

    @Test
    void shouldStartAgainWhenAllRanksWaitAndNothingIsOnItsWay() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.pending.clear();
        beat(run, 1_700, true);
        assertInstanceOf(Phase.Training.class, run.state.phase());
        beat(run, 300, true);
        assertTrue(run.toldNodes(StopRanks.class).getFirst().reason().startsWith("all ranks have waited for"));
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
    }

    @Test
    void shouldWaitForARankThatComputesHoweverLongTheOthersWait() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.pending.clear();
        beat(run, 20_000, false);
        assertInstanceOf(Phase.Training.class, run.state.phase());
    }

    /** Of a data source that is away, all ranks wait, and no other process would get its samples sooner. */
    @Test
    void shouldWaitForRanksWhoseSamplesAreLate() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.pending.clear();
        beat(run, 60_000, true, true);
        assertInstanceOf(Phase.Training.class, run.state.phase());
    }

    @Test
    void shouldSayStopAgainWhenANodeLivesAndDoesNotAnswer() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.pending.clear();
        while (!(run.state.phase() instanceof Phase.Stopping)) {
            beat(run, 100, true);
        }
        run.pending.clear(); // the answers are lost, or the order was
        int told = run.toldNodes(StopRanks.class).size();
        beat(run, 500, true);
        assertEquals(told, run.toldNodes(StopRanks.class).size());
        beat(run, 700, true);
        assertTrue(run.toldNodes(StopRanks.class).size() > told);
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldTakeANodeForReadyThatBeats() {
        CoreDriver run = CoreDriver.fresh();
        run.join("p-a", "node-a").join("p-b", "node-b").ready("p-b", "node-b");
        run.node(new Beat("p-a", "node-a", "127.0.0.1:46", "/dev/shm/p-a", 0, List.of()));
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldAskForSlicesAgainWhenNoAnswerComes() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 2, Start.fresh(1)), 2);
        run.pending.removeIf(pending -> pending.trigger() instanceof WriteSlices);
        beat(run, 10_100, false);
        assertEquals(4, run.toldNodes(WriteSlices.class).size());
        run.runToEnd();
        assertEquals(
                List.of("step-00000002", "step-00000003", "step-00000004", "step-00000005"),
                run.all(Effect.WriteManifest.class).stream()
                        .map(Effect.WriteManifest::checkpoint)
                        .toList());
    }

    @Test
    void shouldGiveACheckpointUpWhenSomeSliceIsInNoMemory() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 2, Start.fresh(1)), 2);
        run.pending.removeIf(pending -> pending.trigger() instanceof WriteSlices);
        SnapshotId snapshot = run.state.saving().orElseThrow().snapshot();
        run.node(new SlicesWritten("p-a", snapshot, List.of()));
        assertTrue(run.state.saving().isPresent());
        run.node(new SlicesWritten("p-b", snapshot, List.of()));
        assertTrue(
                run.news(RunNews.CheckpointFailed.class).getFirst().toString().contains("[0, 1, 2, 3]"));
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldTellOfACheckpointThatDoesNotComeAndGiveItUpInTheEnd() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 2, Start.fresh(1)), 2);
        run.pending.clear();
        beat(run, 61_000, false, true);
        assertEquals(1, run.news(RunNews.CheckpointFailed.class).size());
        assertTrue(run.state.saving().isPresent());
        beat(run, 1_800_000, false, true);
        assertTrue(run.state.saving().isEmpty());
    }

    @Test
    void shouldNotWaitForTheSlicesOfANodeThatHasLeft() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 2, Start.fresh(1), CoreDriver.recovery(5, 1)), 2);
        run.join("p-c", "node-c").ready("p-c", "node-c");
        run.pending.removeIf(pending -> pending.trigger() instanceof WriteSlices);
        run.node(new LeaveRequested("p-b", "SIGTERM"));
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(1, run.news(RunNews.CheckpointFailed.class).size());
    }

    @Test
    void shouldNotWaitForTheAnswerOfASpareThatLeavesWhileRanksAreStopped() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)), 2);
        run.join("p-c", "node-c").ready("p-c", "node-c").kill("p-b");
        run.pending.removeIf(pending -> pending.speaker().equals("p-c"));
        run.node(new LeaveRequested("p-c", "SIGTERM"));
        run.runToEnd();
        assertInstanceOf(Phase.Seeking.class, run.state.phase());
        run.join("p-b2", "node-b").ready("p-b2", "node-b").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
    }

    @Test
    void shouldBlameNobodyWhileItsOwnOrdersWaitForASlowDisk() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.recorderIsSlow = true;
        run.pending.clear();
        beat(run, 20_000, true);
        assertInstanceOf(Phase.Training.class, run.state.phase());
        run.recorderIsSlow = false;
        run.on(new Event.FilesRecorded(run.nowMs, new RecordReport.CaughtUp()));
        beat(run, 3_300, true);
        assertInstanceOf(Phase.Stopping.class, run.state.phase());
    }

    @Test
    void shouldReplayWhatIsCommittedBeforeItStopsAndSaves() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.kill("p-a").kill("p-b").stop();
        run.join("p-a2", "node-a").ready("p-a2", "node-a");
        run.join("p-b2", "node-b").ready("p-b2", "node-b").runToEnd();
        assertEquals(
                "stopped at step 2, resume with bin/longreel resume /runs/test",
                run.finish().message());
        assertEquals(
                "step-00000002", run.all(Effect.WriteManifest.class).getLast().checkpoint());
    }

    @Test
    void shouldNotTrustWhatAReplayLeftThatCameOutDifferently() {
        CoreDriver run = CoreDriver.trained(CoreDriver.plan(1, 0, Start.fresh(1)), 2);
        run.kill("p-a").kill("p-b");
        run.join("p-a2", "node-a").ready("p-a2", "node-a");
        run.join("p-b2", "node-b").ready("p-b2", "node-b").runUntil(RankCommand.RunStep.class);
        int generation = run.state.generation();
        for (int rank = 0; rank < 4; rank++) { // all ranks hold a state that is wrong in the same way
            run.pending.removeFirst();
            run.rank(CoreDriver.finished(run.state.at(0), rank, CoreDriver.result(99)));
        }
        assertInstanceOf(Phase.Stopping.class, run.state.phase());
        run.pending.clear();
        var wrong =
                List.of(held(generation, 1, 0), held(generation, 1, 1), held(generation, 1, 2), held(generation, 1, 3));
        run.node(new RanksStopped("p-a2", generation + 1, wrong));
        run.node(new RanksStopped("p-b2", generation + 1, wrong));
        assertEquals(1, run.all(Effect.FindCheckpoint.class).size() - searchesBefore(run));
    }

    private static HeldSlice held(int generation, int step, int rank) {
        return new HeldSlice(new SnapshotId(generation, 0, step), rank, 4);
    }

    /** Both nodes were lost once, so the first recovery looked at the disk, too. */
    private static int searchesBefore(CoreDriver run) {
        return run.told(RankCommand.PrepareModel.class).size() - 1;
    }
}
