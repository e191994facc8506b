package io.longreel.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.RankSays;
import io.longreel.runtime.protocol.TestAnswer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class RankActorTest {
    private static final ActorTestKit KIT = ActorTestKit.create("rank");
    private static final Placement PLACEMENT =
            new Placement(7, 2, Mesh.single(), List.of(new RankSite(0, "node", "process", "", "")));

    private final TestProbe<SupervisorCommand> supervisor = KIT.createTestProbe();
    private final FakeWorkFactory factory = new FakeWorkFactory();
    private final RankVitals vitals = new RankVitals(0);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private static StepId at(int stage, int step) {
        return new StepId(2, stage, step);
    }

    private ActorRef<RankCommand> spawn() {
        return KIT.spawn(RankActor.create(
                at(0, 0), 0, PLACEMENT, factory, supervisor.ref(), () -> 0L, vitals, () -> ended.complete(null)));
    }

    private RankReport next() {
        return supervisor.expectMessageClass(RankSays.class).report();
    }

    @Test
    void shouldConnectAndThenDoCommandsInOrder() throws Exception {
        ActorRef<RankCommand> rank = spawn();
        assertEquals(new RankReport.RankConnected(at(0, 0), 0), next());
        rank.tell(new RankCommand.PrepareModel(at(0, 0)));
        rank.tell(new RankCommand.BeginStage(at(0, 0)));
        rank.tell(new RankCommand.RunStep(at(0, 0), true, SnapshotId.NONE));
        rank.tell(new RankCommand.TakeSnapshot(at(0, 1)));
        rank.tell(new RankCommand.EndStage(at(0, 1), "/m/adapter"));
        rank.tell(new RankCommand.EvaluateCell(at(0, 1), 4));
        rank.tell(new RankCommand.ExportModel(at(0, 1), "/m/model"));
        assertEquals(new RankReport.Prepared(at(0, 0), 0), next());
        assertEquals(new RankReport.StageBegun(at(0, 0), 0), next());
        assertEquals(
                new RankReport.StepFinished(
                        at(0, 0),
                        0,
                        new StepResult(1, 2, 100, 1, 1e-3, true),
                        new StepTimes(0, 0, 0),
                        new SentBytes(0, 10, 0),
                        new StepIntake(1, 1, 64, 3, 4, 5),
                        List.of(),
                        new RankUsage(0, 0, 0, LinkWaits.NONE, 2 * 2)), // one document of two tokens
                next());
        assertEquals(new RankReport.SnapshotTaken(at(0, 1), 0), next());
        assertEquals(new RankReport.StageEnded(at(0, 1), 0), next());
        assertEquals(
                new RankReport.CellEvaluated(
                        at(0, 1), 0, 4, List.of(new TestAnswer(List.of(4), true), new TestAnswer(List.of(4), false))),
                next());
        assertEquals(new RankReport.ModelExported(at(0, 1), 0), next());
        KIT.stop(rank);
        ended.get(10, TimeUnit.SECONDS);
        assertEquals(0, factory.openWorks.get());
    }

    @Test
    void shouldSetTheRopeBaseOnlyWhenItChangesAndAtOnceWhenRestored() {
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.RestoreCheckpoint(at(1, 3), "/c/step-9"));
        rank.tell(new RankCommand.RunStep(at(1, 3), false, SnapshotId.NONE));
        rank.tell(new RankCommand.SkipStep(at(1, 4), true, SnapshotId.NONE));
        rank.tell(new RankCommand.RunStep(at(1, 5), false, SnapshotId.NONE));
        for (int i = 0; i < 4; i++) {
            next();
        }
        assertEquals(
                List.of(
                        "rank 0: connect",
                        "rank 0: adopt",
                        "rank 0: begin 1",
                        "rank 0: restore step-9",
                        "rank 0: theta 2000000",
                        "rank 0: snapshot(generation=2 stage=1 step=3)",
                        "rank 0: step 1 3",
                        "rank 0: snapshot(generation=2 stage=1 step=5)",
                        "rank 0: theta 3000000",
                        "rank 0: step 1 5"),
                List.copyOf(factory.calls));
    }

    @Test
    void shouldRestoreFromMemoryAndHoldWhatItRestoredBeforeItAnswers() {
        ActorRef<RankCommand> rank = spawn();
        next();
        SnapshotId source = new SnapshotId(1, 0, 4);
        rank.tell(new RankCommand.RestoreSnapshot(at(0, 4), source));
        assertEquals(new RankReport.Prepared(at(0, 4), 0), next());
        assertEquals(
                List.of(
                        "rank 0: connect",
                        "rank 0: adopt",
                        "rank 0: begin 0",
                        "rank 0: restore " + source,
                        "rank 0: snapshot(generation=2 stage=0 step=4)"),
                List.copyOf(factory.calls));
        assertEquals(List.of(new HeldSlice(new SnapshotId(2, 0, 4), 0, 1)), factory.held());
    }

    @Test
    void shouldForgetOlderSnapshotsWhenAStepSaysSo() {
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.RunStep(at(0, 0), true, SnapshotId.NONE));
        rank.tell(new RankCommand.RunStep(at(0, 1), true, new SnapshotId(2, 0, 1)));
        rank.tell(new RankCommand.RunStep(at(0, 2), false, new SnapshotId(2, 0, 2)));
        for (int i = 0; i < 3; i++) {
            next();
        }
        assertEquals(List.of(new HeldSlice(new SnapshotId(2, 0, 2), 0, 1)), factory.held());
    }

    @Test
    void shouldShowThatItComputesWhileAStepIsStuckAndThatItWaitsBehindIt() throws Exception {
        factory.stickAt(0);
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.RunStep(at(0, 0), false, SnapshotId.NONE));
        while (!factory.calls.contains("rank 0: stuck")) {
            Thread.onSpinWait();
        }
        assertFalse(vitals.pulse().isWaiting());
        long progress = vitals.pulse().progress();
        factory.stuck.countDown();
        next();
        KIT.stop(rank);
        ended.get(10, TimeUnit.SECONDS);
        assertTrue(vitals.pulse().progress() > progress);
    }

    @Test
    void shouldReportTheCategoryAndStopWhenTheWorkFails() throws Exception {
        factory.failAt(5);
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.RunStep(at(0, 5), false, SnapshotId.NONE));
        assertEquals(new RankReport.RankFailed(at(0, 5), 0, RuntimeFailure.Category.DATA, "frame 5 is broken"), next());
        ended.get(10, TimeUnit.SECONDS);
        supervisor.expectTerminated(rank); // what failed in one of many generations is kept by nobody
        assertFalse(factory.calls.contains("rank 0: abort"), factory.calls.toString());
    }

    @Test
    void shouldAnswerFencedWhenACommandIsOfAnotherGeneration() {
        ActorRef<RankCommand> rank = spawn();
        next();
        StepId stale = new StepId(1, 0, 0);
        rank.tell(new RankCommand.RunStep(stale, false, SnapshotId.NONE));
        assertEquals(new RankReport.CommandFenced(stale, 0, 2), next());
        assertFalse(factory.calls.contains("rank 0: step 0 0"));
    }

    @Test
    void shouldLeaveAWaitInsideACollectiveWhenTheGenerationIsAborted() throws Exception {
        factory.waitAt(0);
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.RunStep(at(0, 0), true, SnapshotId.NONE));
        rank.tell(new RankCommand.AbortGeneration(at(0, 0), "node lost"));
        ended.get(10, TimeUnit.SECONDS);
        assertTrue(factory.calls.contains("rank 0: close"));
        supervisor.expectNoMessage(Duration.ofMillis(50)); // who aborted knows
    }

    @Test
    void shouldStopWhenItIsFenced() throws Exception {
        ActorRef<RankCommand> rank = spawn();
        next();
        rank.tell(new RankCommand.Fenced(at(0, 0), 3));
        ended.get(10, TimeUnit.SECONDS);
        supervisor.expectTerminated(rank);
    }
}
