package io.longreel.runtime.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodeCoreTest {
    private static final NodeReport.NodeReady READY = new NodeReport.NodeReady("p-1", "node-1", "host:1", "/shm");
    private static final NodeReport.JoinRequested JOIN = new NodeReport.JoinRequested("p-1", "node-1");
    private static final SnapshotId SNAPSHOT = new SnapshotId(1, 0, 4);

    private NodeState state =
            NodeState.initial(new NodeIdentity("p-1", "node-1", "host", "seed:1", Duration.ofSeconds(30)), 0);

    private List<NodeEffect> at(long nowMs, NodeCommand command) {
        NodeDecision decision = NodeCore.apply(state, command, nowMs);
        state = decision.state();
        return decision.effects().stream()
                .filter(effect -> !(effect instanceof NodeEffect.Note))
                .toList();
    }

    private static NodeCommand.StartRanks start(int generation) {
        List<RankSite> sites = IntStream.range(0, 4)
                .mapToObj(rank -> new RankSite(rank, "node-" + rank / 2, "p-" + rank / 2, "", ""))
                .toList();
        return new NodeCommand.StartRanks(
                new StepId(generation, 0, 0), new Placement(7, generation, new Mesh(1, 2, 2), sites));
    }

    private static List<NodeEffect> started(int generation) {
        NodeCommand.StartRanks start = start(generation);
        return List.of(
                new NodeEffect.StartRank(start.at(), start.placement(), 2),
                new NodeEffect.StartRank(start.at(), start.placement(), 3));
    }

    private void becomeReady() {
        at(0, new NodeCommand.Welcome("longreel {}"));
        at(0, new NodeCommand.Opened(READY));
    }

    private static NodeEffect beat(int generation) {
        return new NodeEffect.SayBeat("host:1", "/shm", generation);
    }

    @Test
    void shouldAskUntilItIsWelcomedAndThenBeat() {
        assertEquals(List.of(new NodeEffect.Say(JOIN)), at(0, new NodeCommand.RetryJoin()));
        assertEquals(List.of(), at(100, new NodeCommand.BeatDue()));
        assertEquals(List.of(new NodeEffect.Say(JOIN)), at(300, new NodeCommand.RetryJoin()));
        assertEquals(List.of(new NodeEffect.Open("longreel {}")), at(310, new NodeCommand.Welcome("longreel {}")));
        assertEquals(List.of(), at(311, new NodeCommand.Welcome("longreel {}")));
        assertEquals(List.of(), at(600, new NodeCommand.RetryJoin()));
        assertEquals(List.of(new NodeEffect.Say(READY)), at(700, new NodeCommand.Opened(READY)));
        assertEquals(List.of(beat(0)), at(800, new NodeCommand.BeatDue()));
        assertEquals(started(3), at(810, start(3)));
        assertEquals(List.of(beat(3)), at(900, new NodeCommand.BeatDue()));
    }

    @Test
    void shouldWarmUpOnceWhenNoRankComes() {
        becomeReady();
        assertEquals(List.of(beat(0)), at(1_999, new NodeCommand.BeatDue()));
        assertEquals(List.of(beat(0), new NodeEffect.WarmUp()), at(2_000, new NodeCommand.BeatDue()));
        assertEquals(List.of(beat(0)), at(2_100, new NodeCommand.BeatDue()));
    }

    @Test
    void shouldNotWarmUpWhatRanksHaveWarmed() {
        becomeReady();
        at(100, start(1));
        assertEquals(List.of(beat(1)), at(2_000, new NodeCommand.BeatDue()));
        at(2_010, new NodeCommand.StopRanks(2, "moved"));
        at(2_020, new NodeCommand.RankStopped(2));
        at(2_021, new NodeCommand.RankStopped(3));
        assertEquals(List.of(beat(2)), at(9_000, new NodeCommand.BeatDue()));
    }

    @Test
    void shouldWaitAsLongAsItIsToldBeforeItAsksAgain() {
        at(0, new NodeCommand.JoinLater(40_000, "lost too often"));
        assertEquals(List.of(), at(39_900, new NodeCommand.RetryJoin()));
        assertEquals(List.of(new NodeEffect.Say(JOIN)), at(40_000, new NodeCommand.RetryJoin()));
        NodeEffect end = at(70_000, new NodeCommand.RetryJoin()).getFirst();
        assertEquals(2, ((NodeEffect.End) end).end().exitCode());
    }

    @Test
    void shouldRefuseGenerationsOlderThanTheNewestItHeardOf() {
        becomeReady();
        at(10, new NodeCommand.StopRanks(5, "node lost"));
        assertEquals(List.of(), at(20, start(4)));
        assertEquals(List.of(), at(20, new NodeCommand.StopRanks(4, "late")));
        assertEquals(started(5), at(30, start(5)));
        assertEquals(List.of(), at(31, start(5)));
    }

    @Test
    void shouldAnswerTheNewestOrderToStopOnceTheLastRankHasStopped() {
        becomeReady();
        at(10, start(1));
        assertEquals(
                List.of(new NodeEffect.StopAllRanks("node lost")), at(20, new NodeCommand.StopRanks(2, "node lost")));
        assertEquals(List.of(), at(30, new NodeCommand.RankStopped(3)));
        assertEquals(List.of(), at(31, new NodeCommand.StopRanks(3, "another one lost")));
        assertEquals(List.of(new NodeEffect.SayStopped(3)), at(40, new NodeCommand.RankStopped(2)));
        assertEquals(List.of(new NodeEffect.SayStopped(3)), at(50, new NodeCommand.StopRanks(3, "asked again")));
        assertEquals(started(3), at(60, start(3)));
        assertEquals(List.of(new NodeEffect.SayStopped(3)), at(61, new NodeCommand.StopRanks(3, "asked again")));
    }

    @Test
    void shouldStartANewerGenerationOnlyWhenTheRanksOfTheOldOneHaveStopped() {
        becomeReady();
        at(10, start(1));
        assertEquals(1, at(20, start(2)).size());
        assertEquals(List.of(), at(30, new NodeCommand.RankStopped(2)));
        assertEquals(started(2), at(40, new NodeCommand.RankStopped(3)));
    }

    @Test
    void shouldNotStartWhatWaitedWhenANewerGenerationWasHeardOfMeanwhile() {
        becomeReady();
        at(10, start(1));
        at(20, start(2));
        at(21, new NodeCommand.StopRanks(3, "node lost"));
        at(30, new NodeCommand.RankStopped(2));
        assertEquals(List.of(new NodeEffect.SayStopped(3)), at(40, new NodeCommand.RankStopped(3)));
    }

    @Test
    void shouldEndWithThreeWhenARankDoesNotStop() {
        becomeReady();
        at(10, start(1));
        at(20, new NodeCommand.StopRanks(2, "node lost"));
        at(30, new NodeCommand.RankStopped(2));
        assertEquals(List.of(beat(2)), at(5_019, new NodeCommand.BeatDue()));
        List<NodeEffect> effects = at(5_020, new NodeCommand.BeatDue());
        String text = "ranks [3] did not stop within 5 s and hold the process: it ends";
        assertEquals(
                List.of(
                        new NodeEffect.Warn(text),
                        new NodeEffect.Say(new NodeReport.NodeFailed("p-1", Category.RETRYABLE, text)),
                        new NodeEffect.End(new NodeEnd(3, text))),
                effects);
        assertEquals(List.of(new NodeEffect.Free(new NodeEnd(3, text))), at(6_000, new NodeCommand.RankStopped(3)));
    }

    @Test
    void shouldForgetAndJoinAgainWhenItIsFenced() {
        becomeReady();
        at(10, start(1));
        List<NodeEffect> effects = at(20, new NodeCommand.NodeFenced(4, "it said nothing for 1500 ms"));
        assertTrue(effects.getFirst() instanceof NodeEffect.Warn warn
                && warn.text().contains("the run is at 4"));
        assertEquals(new NodeEffect.StopAllRanks("it said nothing for 1500 ms"), effects.get(1));
        assertEquals(List.of(), at(25, new NodeCommand.RetryJoin()));
        assertEquals(List.of(), at(25, new NodeCommand.NodeFenced(4, "said twice")));
        assertEquals(List.of(), at(26, new NodeCommand.Welcome("longreel {}")));
        at(30, new NodeCommand.RankStopped(2));
        assertEquals(
                List.of(new NodeEffect.DropSnapshots(), new NodeEffect.Say(JOIN)),
                at(40, new NodeCommand.RankStopped(3)));
        assertEquals(List.of(new NodeEffect.Open("longreel {}")), at(50, new NodeCommand.Welcome("longreel {}")));
    }

    @Test
    void shouldIgnoreAFenceThatIsOlderThanWhatItKnows() {
        becomeReady();
        at(10, start(3));
        assertEquals(List.of(), at(20, new NodeCommand.NodeFenced(2, "a supervisor that was replaced says so")));
        assertEquals(List.of(beat(3)), at(100, new NodeCommand.BeatDue()));
    }

    @Test
    void shouldNotAnswerAnOrderToStopThatWasGivenBeforeTheFence() {
        becomeReady();
        at(10, start(1));
        at(20, new NodeCommand.StopRanks(2, "node lost"));
        at(21, new NodeCommand.NodeFenced(2, "too late"));
        at(30, new NodeCommand.RankStopped(2));
        assertEquals(
                List.of(new NodeEffect.DropSnapshots(), new NodeEffect.Say(JOIN)),
                at(40, new NodeCommand.RankStopped(3)));
    }

    @Test
    void shouldWriteSlicesOneAfterTheOther() {
        becomeReady();
        NodeReport written = new NodeReport.SlicesWritten("p-1", SNAPSHOT, List.of());
        assertEquals(
                List.of(new NodeEffect.WriteSlices(SNAPSHOT, "/c/4")),
                at(10, new NodeCommand.WriteSlices(SNAPSHOT, "/c/4")));
        assertEquals(List.of(), at(11, new NodeCommand.WriteSlices(SNAPSHOT, "/c/4")));
        assertEquals(List.of(), at(12, new NodeCommand.WriteSlices(SNAPSHOT, "/c/5")));
        assertEquals(
                List.of(new NodeEffect.Say(written), new NodeEffect.WriteSlices(SNAPSHOT, "/c/5")),
                at(20, new NodeCommand.SlowWorkDone(written)));
        assertEquals(List.of(new NodeEffect.Say(written)), at(30, new NodeCommand.SlowWorkDone(written)));
    }

    @Test
    void shouldSayNothingOfSlicesThatItWroteForAnEarlierLife() {
        becomeReady();
        at(10, new NodeCommand.WriteSlices(SNAPSHOT, "/c/4"));
        at(11, new NodeCommand.WriteSlices(SNAPSHOT, "/c/5"));
        at(20, new NodeCommand.NodeFenced(2, "lost"));
        becomeReady();
        assertEquals(List.of(), at(30, new NodeCommand.WriteSlices(SNAPSHOT, "/c/4")));
        NodeReport written = new NodeReport.SlicesWritten("p-1", SNAPSHOT, List.of());
        assertEquals(
                List.of(new NodeEffect.WriteSlices(SNAPSHOT, "/c/4")), at(40, new NodeCommand.SlowWorkDone(written)));
        assertEquals(List.of(new NodeEffect.Say(written)), at(50, new NodeCommand.SlowWorkDone(written)));
    }

    @Test
    void shouldAskToLeaveUntilItIsToldToEnd() {
        becomeReady();
        at(10, start(1));
        NodeEffect leave = new NodeEffect.Say(new NodeReport.LeaveRequested("p-1", "SIGTERM"));
        assertEquals(List.of(leave), at(20, new NodeCommand.LeaveAsked("SIGTERM")));
        assertEquals(List.of(beat(1)), at(1_010, new NodeCommand.BeatDue()));
        assertEquals(List.of(beat(1), leave), at(1_020, new NodeCommand.BeatDue()));
        assertEquals(
                List.of(new NodeEffect.End(new NodeEnd(0, "replaced")), new NodeEffect.StopAllRanks("replaced")),
                at(1_030, new NodeCommand.StopNode(0, "replaced")));
    }

    @Test
    void shouldEndAtOnceWhenItIsAskedToLeaveBeforeItTakesPart() {
        NodeEnd end = new NodeEnd(0, "SIGTERM");
        assertEquals(
                List.of(new NodeEffect.End(end), new NodeEffect.Free(end)),
                at(20, new NodeCommand.LeaveAsked("SIGTERM")));
    }

    @Test
    void shouldWaitForTheSupervisorsWordWhenTheRunsDataAreBad() {
        at(0, new NodeCommand.Welcome("longreel {}"));
        NodeReport failed = new NodeReport.NodeFailed("p-1", Category.DATA, "x.mp4 has no video stream");
        assertEquals(List.of(new NodeEffect.Say(failed)), at(10, new NodeCommand.Opened(failed)));
        assertEquals(List.of(), at(300, new NodeCommand.RetryJoin()));
    }

    @Test
    void shouldEndWithThreeWhenItCannotOpenWhatAnotherProcessCould() {
        at(0, new NodeCommand.Welcome("longreel {}"));
        NodeReport failed = new NodeReport.NodeFailed("p-1", Category.FATAL, "no space left in /dev/shm");
        NodeEnd end = new NodeEnd(3, "no space left in /dev/shm");
        assertEquals(
                List.of(new NodeEffect.Say(failed), new NodeEffect.End(end), new NodeEffect.Free(end)),
                at(10, new NodeCommand.Opened(failed)));
    }
}
