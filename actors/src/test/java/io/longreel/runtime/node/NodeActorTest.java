package io.longreel.runtime.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeSays;
import io.longreel.runtime.protocol.SupervisorCommand.RankSays;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.rank.FakeWorkFactory;
import io.longreel.runtime.rank.RankWorkFactory;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class NodeActorTest {
    private static final ActorTestKit KIT = ActorTestKit.create("node");
    private static final ExecutorService SLOW_WORK = Executors.newSingleThreadExecutor();
    private static final Placement PLACEMENT = new Placement(
            7,
            1,
            new Mesh(1, 2, 2),
            IntStream.range(0, 4)
                    .mapToObj(rank -> new RankSite(rank, "node-" + rank / 2, "p-" + rank / 2, "", ""))
                    .toList());

    private final TestProbe<SupervisorCommand> supervisor = KIT.createTestProbe();
    private final FakeWorkFactory factory = new FakeWorkFactory();
    private final AtomicInteger opened = new AtomicInteger();
    private final NodeActor.Ending ending = NodeActor.Ending.create();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
        SLOW_WORK.shutdown();
    }

    private ActorRef<NodeCommand> spawn(RankWorkFactory.Opener opener, Duration joinTimeout) {
        NodeIdentity identity = new NodeIdentity("p-1", "node-1", "127.0.0.1", "127.0.0.1:1", joinTimeout);
        return KIT.spawn(NodeActor.create(
                identity, new NodeActor.Surroundings(opener, SLOW_WORK, System::nanoTime), supervisor.ref(), ending));
    }

    /** The next message that is no sign of life. */
    private SupervisorCommand message() {
        while (true) {
            SupervisorCommand message = supervisor.receiveMessage();
            if (!(message instanceof NodeSays says) || !(says.report() instanceof NodeReport.Beat)) {
                return message;
            }
        }
    }

    private NodeReport next() {
        return ((NodeSays) message()).report();
    }

    private RankSays nextOfRank() {
        return (RankSays) message();
    }

    private ActorRef<NodeCommand> welcomed() {
        ActorRef<NodeCommand> node = spawn(
                (text, host) -> {
                    opened.incrementAndGet();
                    return factory;
                },
                Duration.ofSeconds(30));
        assertEquals(new NodeReport.JoinRequested("p-1", "node-1"), next());
        node.tell(new NodeCommand.Welcome("longreel {}"));
        NodeReport report = next();
        while (report instanceof NodeReport.JoinRequested) {
            report = next();
        }
        assertEquals(new NodeReport.NodeReady("p-1", "node-1", "127.0.0.1:4000", "/dev/shm/fake"), report);
        return node;
    }

    @Test
    void shouldStartItsOwnRanksAndFreeEverythingWhenStopped() throws Exception {
        ActorRef<NodeCommand> node = welcomed();
        StepId at = new StepId(1, 0, 0);
        node.tell(new NodeCommand.StartRanks(at, PLACEMENT));
        Set<Integer> connected = IntStream.range(0, 2)
                .mapToObj(i -> nextOfRank())
                .map(says -> says.report().rank())
                .collect(Collectors.toSet());
        assertEquals(Set.of(2, 3), connected);
        node.tell(new NodeCommand.StopNode(0, "finished"));
        assertEquals(new NodeEnd(0, "finished"), ending.decided().get(10, TimeUnit.SECONDS));
        assertEquals(new NodeEnd(0, "finished"), ending.freed().get(10, TimeUnit.SECONDS));
        assertEquals(0, factory.openWorks.get());
        assertTrue(factory.isClosed);
    }

    @Test
    void shouldAbortRanksThatWaitWhenItIsStopped() throws Exception {
        factory.waitAt(0);
        ActorRef<NodeCommand> node = welcomed();
        StepId at = new StepId(1, 0, 0);
        node.tell(new NodeCommand.StartRanks(at, PLACEMENT));
        for (int i = 0; i < 2; i++) {
            RankSays says = nextOfRank();
            assertEquals(RankReport.RankConnected.class, says.report().getClass());
            says.rank().tell(new RankCommand.RunStep(at, false, SnapshotId.NONE));
        }
        node.tell(new NodeCommand.SeedLost("it has left"));
        assertEquals(1, ending.decided().get(10, TimeUnit.SECONDS).exitCode());
        ending.freed().get(10, TimeUnit.SECONDS);
        assertEquals(0, factory.openWorks.get());
    }

    @Test
    void shouldReportTheReasonWhenItCannotOpenWhatTheRunNeeds() throws Exception {
        ActorRef<NodeCommand> node = spawn(
                (text, host) -> {
                    throw RuntimeFailure.data("x.mp4 has no video stream");
                },
                Duration.ofSeconds(30));
        next();
        node.tell(new NodeCommand.Welcome("longreel {}"));
        NodeReport report = next();
        while (report instanceof NodeReport.JoinRequested) {
            report = next();
        }
        assertEquals(
                new NodeReport.NodeFailed("p-1", RuntimeFailure.Category.DATA, "x.mp4 has no video stream"), report);
        node.tell(new NodeCommand.StopNode(2, "over"));
        assertEquals(new NodeEnd(2, "over"), ending.freed().get(10, TimeUnit.SECONDS));
        assertFalse(factory.isClosed);
    }

    @Test
    void shouldGiveUpWithTwoWhenNoSeedAnswersInTime() throws Exception {
        spawn((text, host) -> factory, Duration.ZERO);
        NodeEnd end = ending.freed().get(10, TimeUnit.SECONDS);
        assertEquals(2, end.exitCode());
        assertTrue(end.reason().startsWith("no seed answers at 127.0.0.1:1 within 0 s"), end.reason());
    }

    @Test
    void shouldOpenOnceWhenItIsWelcomedTwice() {
        ActorRef<NodeCommand> node = welcomed();
        node.tell(new NodeCommand.Welcome("longreel {}"));
        node.tell(new NodeCommand.StopRanks(2, "answered behind the welcome"));
        assertEquals(new NodeReport.RanksStopped("p-1", 2, List.of()), next());
        assertEquals(1, opened.get());
    }

    @Test
    void shouldKeepSnapshotsOverMeshIncarnationsAndWriteThem() {
        ActorRef<NodeCommand> node = welcomed();
        StepId at = new StepId(1, 0, 0);
        node.tell(new NodeCommand.StartRanks(at, PLACEMENT));
        for (RankSays connected : List.of(nextOfRank(), nextOfRank())) {
            connected.rank().tell(new RankCommand.RunStep(at, true, SnapshotId.NONE));
        }
        for (int i = 0; i < 2; i++) {
            assertEquals(RankReport.StepFinished.class, nextOfRank().report().getClass());
        }
        node.tell(new NodeCommand.StopRanks(2, "node lost"));
        SnapshotId snapshot = new SnapshotId(1, 0, 1);
        assertEquals(
                new NodeReport.RanksStopped(
                        "p-1", 2, List.of(new HeldSlice(snapshot, 2, 4), new HeldSlice(snapshot, 3, 4))),
                next());
        assertEquals(0, factory.openWorks.get());
        node.tell(new NodeCommand.WriteSlices(snapshot, "/c/step-1"));
        assertEquals(
                new NodeReport.SlicesWritten(
                        "p-1",
                        snapshot,
                        List.of(
                                new WrittenSlice(2, "rank-2.slice", 8, "ab"),
                                new WrittenSlice(3, "rank-3.slice", 8, "ab"))),
                next());
        factory.fillDisk();
        node.tell(new NodeCommand.WriteSlices(snapshot, "/c/step-1"));
        assertEquals(new NodeReport.SlicesFailed("p-1", snapshot, "no space left for /c/step-1"), next());
    }

    @Test
    void shouldBeatWithThePulsesOfItsRanks() {
        ActorRef<NodeCommand> node = welcomed();
        node.tell(new NodeCommand.StartRanks(new StepId(1, 0, 0), PLACEMENT));
        Set<Integer> beating = Set.of();
        while (!beating.equals(Set.of(2, 3))) {
            if (supervisor.receiveMessage() instanceof NodeSays says && says.report() instanceof NodeReport.Beat beat) {
                assertEquals("127.0.0.1:4000", beat.dataEndpoint());
                beating = beat.ranks().stream().map(RankPulse::rank).collect(Collectors.toSet());
            }
        }
        node.tell(new NodeCommand.StopNode(0, "finished"));
    }

    @Test
    void shouldForgetEverythingAndJoinAgainWithoutOpeningAgainWhenItIsFenced() {
        ActorRef<NodeCommand> node = welcomed();
        node.tell(new NodeCommand.StartRanks(new StepId(1, 0, 0), PLACEMENT));
        for (int i = 0; i < 2; i++) {
            assertEquals(RankReport.RankConnected.class, nextOfRank().report().getClass());
        }
        node.tell(new NodeCommand.NodeFenced(2, "it said nothing for 1500 ms"));
        assertEquals(new NodeReport.JoinRequested("p-1", "node-1"), next());
        assertEquals(0, factory.openWorks.get());
        assertTrue(factory.calls.contains("drop all"));
        node.tell(new NodeCommand.Welcome("longreel {}"));
        NodeReport report = next();
        while (report instanceof NodeReport.JoinRequested) {
            report = next();
        }
        assertEquals(NodeReport.NodeReady.class, report.getClass());
        assertEquals(1, opened.get());
    }

    @Test
    void shouldEndSoThatAnotherProcessTakesOverWhenWhatItSharesBroke() throws Exception {
        ActorRef<NodeCommand> node = welcomed();
        node.tell(new NodeCommand.StartRanks(new StepId(1, 0, 0), PLACEMENT));
        nextOfRank();
        nextOfRank();
        factory.breakDown("the media driver is gone");
        assertEquals(
                new NodeReport.NodeFailed("p-1", RuntimeFailure.Category.RETRYABLE, "the media driver is gone"),
                next());
        assertEquals(
                new NodeEnd(NodeEnd.UNUSABLE, "the media driver is gone"),
                ending.freed().get(10, TimeUnit.SECONDS));
        assertTrue(factory.isClosed);
    }

    @Test
    void shouldAnswerOnlyWhenTheLastComputeThreadHasEnded() {
        factory.stickAt(0);
        ActorRef<NodeCommand> node = welcomed();
        StepId at = new StepId(1, 0, 0);
        node.tell(new NodeCommand.StartRanks(at, PLACEMENT));
        for (int i = 0; i < 2; i++) {
            nextOfRank().rank().tell(new RankCommand.RunStep(at, false, SnapshotId.NONE));
        }
        while (Collections.frequency(List.copyOf(factory.calls), "rank 2: stuck") == 0
                || Collections.frequency(List.copyOf(factory.calls), "rank 3: stuck") == 0) {
            Thread.onSpinWait();
        }
        node.tell(new NodeCommand.StopRanks(2, "node lost"));
        node.tell(new NodeCommand.StopRanks(3, "another one lost"));
        factory.stuck.countDown();
        assertEquals(new NodeReport.RanksStopped("p-1", 3, List.of()), next());
        assertEquals(0, factory.openWorks.get());
    }
}
