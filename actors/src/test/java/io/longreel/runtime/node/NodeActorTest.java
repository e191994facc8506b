package io.longreel.runtime.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeSays;
import io.longreel.runtime.protocol.SupervisorCommand.RankSays;
import io.longreel.runtime.rank.FakeWorkFactory;
import io.longreel.runtime.rank.RankWorkFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
            1,
            new Mesh(1, 2, 2),
            IntStream.range(0, 4)
                    .mapToObj(rank -> new RankSite(rank, "node-" + rank / 2, "p-" + rank / 2, "", ""))
                    .toList());

    private final TestProbe<SupervisorCommand> supervisor = KIT.createTestProbe();
    private final FakeWorkFactory factory = new FakeWorkFactory();
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

    private NodeReport next() {
        return supervisor.expectMessageClass(NodeSays.class).report();
    }

    private ActorRef<NodeCommand> welcomed() {
        ActorRef<NodeCommand> node = spawn((text, host) -> factory, Duration.ofSeconds(30));
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
                .mapToObj(i -> supervisor.expectMessageClass(RankSays.class))
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
            RankSays says = supervisor.expectMessageClass(RankSays.class);
            assertEquals(RankReport.RankConnected.class, says.report().getClass());
            says.rank().tell(new RankCommand.RunStep(at));
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
        supervisor.expectNoMessage(Duration.ofMillis(100));
        assertEquals(List.of(), List.copyOf(factory.calls));
    }
}
