package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.FrameFaults;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** What a node does beside carrying bytes: opening, giving up, several incarnations at once, and leaving nothing behind. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class TransportNodeTest {
    private static final Mesh TWO = new Mesh(2, 1, 1);

    @TempDir(factory = SharedMemoryFactory.class)
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private static TransportSettings settings(IntraNode intraNode, Duration waitTimeout) {
        return new TransportSettings(intraNode, 256 * 1024, 65_504, 512 * 1024, waitTimeout);
    }

    private TransportNode node(Duration waitTimeout) {
        return TransportNode.open(
                settings(IntraNode.WINDOWS, waitTimeout), "127.0.0.1", base, LinkFault.NONE, System::nanoTime);
    }

    private static Placement placement(int generation, Mesh mesh, TransportNode... nodeOfRank) {
        return placement(0, generation, mesh, nodeOfRank);
    }

    private static Placement placement(long runToken, int generation, Mesh mesh, TransportNode... nodeOfRank) {
        List<RankSite> sites = new ArrayList<>();
        for (int rank = 0; rank < nodeOfRank.length; rank++) {
            TransportNode node = nodeOfRank[rank];
            sites.add(new RankSite(
                    rank, node.dataEndpoint(), node.dataEndpoint(), node.dataEndpoint(), node.driverDirectory()));
        }
        return new Placement(runToken, generation, mesh, sites);
    }

    @Test
    void shouldLeaveNoFilesAndNoThreadsWhenClosed() throws IOException {
        Set<String> threadsBefore = threadNames();
        for (IntraNode intraNode : IntraNode.values()) {
            TransportSettings settings = settings(intraNode, Duration.ofSeconds(30));
            List<String> layout = List.of("A0", "A0", "A1", "B0");
            try (World world = NodesWorld.open(settings, base, 3, new Mesh(1, 2, 2), layout, LinkFault.NONE)) {
                RankThreads.run(world.endpoints(), endpoint -> {
                    ((LinkedEndpoint) endpoint).connect();
                    endpoint.communicator(List.of(0, 1, 2, 3)).barrier();
                    return true;
                });
                assertTrue(files().stream().anyMatch(name -> name.contains("driver")));
                assertEquals(
                        0,
                        files().stream().filter(name -> name.contains("-to")).count(),
                        "windows have no name once both sides have them");
            }
            assertEquals(List.of(), files());
            assertEquals(threadsBefore, threadNames());
        }
    }

    @Test
    void shouldNameMissingPeerWhenItNeverOpens() {
        try (TransportNode here = node(Duration.ofMillis(300));
                TransportNode there = node(Duration.ofMillis(300))) {
            Placement placement = placement(1, TWO, here, there);
            CommunicationAborted late = assertThrows(CommunicationAborted.class, () -> here.open(placement, 0));
            assertTrue(String.valueOf(late.getMessage()).contains("not reached yet: ranks [1]"), late.toString());
        }
    }

    @Test
    void shouldEndOpeningWhenGenerationIsAborted() throws InterruptedException {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30))) {
            Placement placement = placement(4, TWO, here, there);
            RankEndpoint early = here.openUnconnected(placement(5, TWO, here, there), 0);
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            CountDownLatch ended = new CountDownLatch(1);
            Thread opening = Thread.ofPlatform().name("opening").start(() -> {
                thrown.complete(assertThrows(CommunicationAborted.class, () -> here.open(placement, 0)));
                ended.countDown();
            });
            do { // until the opening thread has got as far as to be abortable
                here.abort(4, "no such peer");
            } while (!ended.await(1, TimeUnit.MILLISECONDS));
            opening.join();
            assertTrue(String.valueOf(thrown.join().getMessage()).contains("no such peer"));
            early.communicator(List.of(0, 1)).poll(); // the other generation goes on
        }
    }

    @Test
    void shouldNotWaitForPeersWhenGenerationWasAbortedBeforeItsThreadGotAsFarAsOpening() {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30))) {
            here.abort(4, "stopped at once");
            CommunicationAborted thrown =
                    assertThrows(CommunicationAborted.class, () -> here.open(placement(4, TWO, here, there), 0));
            assertTrue(String.valueOf(thrown.getMessage()).contains("stopped at once"));
            RankEndpoint next = here.openUnconnected(placement(5, TWO, here, there), 0);
            next.communicator(List.of(0, 1)).poll(); // the next generation goes on
        }
    }

    @Test
    void shouldConnectBothSidesWhenBothOpen() throws Exception {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30))) {
            Placement placement = placement(1, TWO, here, there);
            CompletableFuture<RankEndpoint> other = new CompletableFuture<>();
            Thread.ofPlatform().name("there").start(() -> other.complete(there.open(placement, 1)));
            RankEndpoint first = here.open(placement, 0);
            RankEndpoint second = other.get(30, TimeUnit.SECONDS);
            RankThreads.run(List.of(first, second), endpoint -> {
                endpoint.communicator(List.of(0, 1)).barrier();
                return true;
            });
            assertEquals(0, first.counters().interNodeBytes());
        }
    }

    @Test
    void shouldKeepIncarnationsApartWhenAnOldOneStillHangs() {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30))) {
            Placement old = placement(1, TWO, here, there);
            RankEndpoint zombie = here.openUnconnected(old, 0);
            RankEndpoint oldPeer = there.openUnconnected(old, 1);
            Transfer neverTaken =
                    zombie.communicator(List.of(0, 1)).startSendReceive(Bytes.empty(1000), 1, Bytes.empty(1000), 1);
            Placement next = placement(2, TWO, here, there);
            List<RankEndpoint> endpoints = List.of(here.openUnconnected(next, 0), there.openUnconnected(next, 1));
            RankThreads.run(endpoints, endpoint -> {
                double[] values = {1};
                endpoint.communicator(List.of(0, 1)).allReduceSum(values);
                assertEquals(2, values[0]);
                return true;
            });
            here.abort(1, "replaced");
            assertThrows(CommunicationAborted.class, neverTaken::await);
            oldPeer.close();
        }
    }

    @Test
    void shouldRefuseAndCountWhenAnotherRunSendsToThePort() {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30));
                TransportNode stranger = node(Duration.ofSeconds(30))) {
            RankEndpoint strange = stranger.openUnconnected(placement(2, 1, TWO, stranger, there), 0);
            Placement ours = placement(1, 1, TWO, here, there);
            List<RankEndpoint> endpoints = List.of(here.openUnconnected(ours, 0), there.openUnconnected(ours, 1));
            // Same generation and ranks, so the same stream: only the token tells its frames from those of rank 0.
            Communicator lost = strange.communicator(List.of(0, 1));
            for (int i = 0; i < 3; i++) {
                lost.startSendReceive(Bytes.of(666), 1, MemorySegment.NULL, 1).await();
            }
            RankThreads.run(endpoints, endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1));
                double[] values = {0, 0};
                for (int round = 1; values[1] < 3; round++) {
                    values = new double[] {round, endpoint.counters().faults().refused()};
                    all.allReduceSum(values);
                    assertEquals(2 * round, values[0]);
                }
                return true;
            });
            assertEquals(
                    new FrameFaults(3, 0, 0, 0), endpoints.get(1).counters().faults());
            assertEquals(FrameFaults.NONE, endpoints.get(0).counters().faults());
        }
    }

    @Test
    void shouldDeliverLastFramesWhenSenderClosesAtOnce() {
        try (TransportNode there = node(Duration.ofSeconds(30))) {
            MemorySegment received = Bytes.empty(100_000);
            MemorySegment sent = Bytes.random(new java.util.SplittableRandom(5), 100_000);
            RankEndpoint receiver;
            try (TransportNode here = node(Duration.ofSeconds(30))) {
                Placement placement = placement(1, TWO, here, there);
                receiver = there.openUnconnected(placement, 1);
                RankEndpoint sender = here.openUnconnected(placement, 0);
                sender.communicator(List.of(0, 1))
                        .startSendReceive(sent, 1, MemorySegment.NULL, 1)
                        .await();
            }
            receiver.communicator(List.of(0, 1))
                    .startSendReceive(MemorySegment.NULL, 0, received, 0)
                    .await();
            assertTrue(Bytes.same(sent, received));
        }
    }

    @Test
    void shouldSweepDirectoryWhenItsOwnerIsDead() throws IOException {
        Path dead = Files.createDirectory(base.resolve("longreel-dead"));
        Files.createFile(dead.resolve("owner.lock"));
        Files.createDirectories(dead.resolve("driver/windows"));
        Path foreign = Files.createDirectory(base.resolve("longreel-unknown"));
        try (TransportNode alive = node(Duration.ofSeconds(1));
                TransportNode second = node(Duration.ofSeconds(1))) {
            assertTrue(Files.notExists(dead));
            assertTrue(Files.exists(foreign), "without a lock file nobody can tell");
            assertTrue(Files.exists(Path.of(alive.driverDirectory())));
            assertTrue(Files.exists(Path.of(second.driverDirectory())));
        }
    }

    @Test
    void shouldSayWhatIsMissingWhenLinksHaveNoRoom() throws IOException {
        TransportSettings large =
                new TransportSettings(IntraNode.WINDOWS, 1 << 30, 65_504, 1 << 30, Duration.ofSeconds(1));
        try (TransportNode node = TransportNode.open(large, "127.0.0.1", base, LinkFault.NONE, System::nanoTime)) {
            int ranks = 1000; // 6 TiB of logs, and windows
            List<RankSite> sites = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                String process = "process-" + rank;
                sites.add(new RankSite(rank, "node-" + rank, process, node.dataEndpoint(), node.driverDirectory()));
            }
            Placement placement = new Placement(1, new Mesh(ranks, 1, 1), sites);
            List<String> before = files();
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> node.openUnconnected(placement, 7));
            assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
            long logBytes = 3L << 30;
            assertTrue(failure.getMessage().contains("links of rank 7"), failure::toString);
            assertTrue(failure.getMessage().contains("neededBytes=" + 999 * 2 * logBytes), failure::toString);
            assertEquals(before, files());
        }
    }

    @Test
    void shouldSayWhatIsWrongWhenHostIsNotOfThisMachine() throws IOException {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> TransportNode.open(
                        settings(IntraNode.WINDOWS, Duration.ofSeconds(1)),
                        "192.0.2.1",
                        base,
                        LinkFault.NONE,
                        System::nanoTime));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(String.valueOf(failure.getMessage()).contains("192.0.2.1"), failure.toString());
        assertEquals(List.of(), files());
    }

    @Test
    void shouldEndWaitWhenEndpointIsClosedByAnotherThread() throws InterruptedException {
        try (TransportNode here = node(Duration.ofSeconds(30));
                TransportNode there = node(Duration.ofSeconds(30))) {
            RankEndpoint endpoint = here.openUnconnected(placement(1, TWO, here, there), 0);
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            CountDownLatch started = new CountDownLatch(1);
            Thread waiter = Thread.ofPlatform().name("waiter").start(() -> {
                Communicator all = endpoint.communicator(List.of(0, 1));
                started.countDown();
                thrown.complete(assertThrows(CommunicationAborted.class, all::barrier));
            });
            assertTrue(started.await(10, TimeUnit.SECONDS));
            endpoint.close();
            waiter.join();
            assertTrue(String.valueOf(thrown.join().getMessage()).contains("closed"));
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> tree = Files.walk(base)) {
            return tree.filter(path -> !path.equals(base)).map(Path::toString).toList();
        }
    }

    private static Set<String> threadNames() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.contains("conductor") || name.contains("longreel") || name.startsWith("rank-"))
                .collect(Collectors.toSet());
    }
}
