package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.LinkFault.Action;
import io.longreel.transport.fault.LinkRule;
import io.longreel.transport.fault.LinkRule.Effect;
import io.longreel.transport.fault.ScriptedFault;
import io.longreel.transport.fault.SeededDelay;
import io.longreel.transport.fault.SwitchedFault;
import io.longreel.transport.frame.FrameFaults;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What every transport must do, whatever carries the bytes. One subclass per kind of link. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class TransportContract {
    private static final int GENERATION = 7;

    /** Opens a world of this kind of link. */
    abstract World open(int generation, Mesh mesh, Duration waitTimeout, LinkFault fault);

    private World open(Mesh mesh) {
        return open(GENERATION, mesh, Duration.ofSeconds(30), LinkFault.NONE);
    }

    private World open(int worldSize, LinkFault fault) {
        return open(GENERATION, new Mesh(worldSize, 1, 1), Duration.ofSeconds(30), fault);
    }

    @Test
    void shouldDeliverEverySegmentWhenSizesAreRandom() {
        long seed = 20261121;
        int worldSize = 3;
        try (World world = open(new Mesh(worldSize, 1, 1))) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2));
                SplittableRandom sizes = new SplittableRandom(seed); // equal on all ranks
                for (int round = 0; round < 12; round++) {
                    long[][] bytes = randomSizes(sizes, worldSize);
                    List<MemorySegment> send = new ArrayList<>();
                    List<MemorySegment> receive = new ArrayList<>();
                    List<MemorySegment> expected = new ArrayList<>();
                    for (int peer = 0; peer < worldSize; peer++) {
                        send.add(content(seed, round, endpoint.rank(), peer, bytes[endpoint.rank()][peer]));
                        receive.add(Bytes.empty(bytes[peer][endpoint.rank()]));
                        expected.add(content(seed, round, peer, endpoint.rank(), bytes[peer][endpoint.rank()]));
                    }
                    all.allToAllV(send, receive);
                    for (int peer = 0; peer < worldSize; peer++) {
                        assertTrue(
                                Bytes.same(expected.get(peer), receive.get(peer)),
                                "seed=%d round=%d from=%d to=%d".formatted(seed, round, peer, endpoint.rank()));
                    }
                }
                return true;
            });
        }
    }

    @Test
    void shouldSumInMemberOrderWhenPiecesAreUneven() {
        long seed = 99;
        int worldSize = 3;
        long[] offsets = {0, 200_001, 200_001, 345_678}; // more than two chunks, none, one and a bit
        List<float[]> inputs = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (int rank = 0; rank < worldSize; rank++) {
            inputs.add(randomFloats(random, (int) offsets[worldSize]));
        }
        try (World world = open(new Mesh(worldSize, 1, 1))) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2));
                int rank = endpoint.rank();
                MemorySegment own = Bytes.empty((offsets[rank + 1] - offsets[rank]) * Float.BYTES);
                for (int round = 0; round < 4; round++) {
                    if (round % 2 == 0) {
                        all.reduceScatterSum(Bytes.of(inputs.get(rank)), offsets, own);
                    } else {
                        MemorySegment landing = Bytes.empty(
                                Float.BYTES * Communicator.landingElements(own.byteSize() / Float.BYTES, worldSize));
                        all.startReduceScatterSum(Bytes.of(inputs.get(rank)), offsets, landing, own)
                                .await();
                    }
                    for (long i = offsets[rank]; i < offsets[rank + 1]; i++) {
                        int at = (int) i;
                        float expected = (inputs.get(0)[at] + inputs.get(1)[at]) + inputs.get(2)[at];
                        float actual = own.getAtIndex(ValueLayout.JAVA_FLOAT, i - offsets[rank]);
                        assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(actual), "i=" + i);
                    }
                }
                return true;
            });
        }
    }

    @Test
    void shouldGatherAndReduceAndMeetWhenGroupsOfAMeshOverlap() {
        assertMeshGroupsWork(new Mesh(1, 2, 2));
    }

    @Test
    void shouldGatherAndReduceAndMeetWhenMeshIsThreeByTwo() {
        assertMeshGroupsWork(new Mesh(1, 3, 2));
    }

    @Test
    void shouldGatherAndReduceAndMeetWhenFramesAreLate() {
        for (long seed = 1; seed <= 3; seed++) {
            SeededDelay delay = new SeededDelay(seed, 30);
            assertMeshGroupsWork(new Mesh(1, 3, 2), delay);
            assertTrue(delay.heldFrames() > 0, "seed=" + seed);
        }
    }

    @Test
    void shouldKeepRingTransferInFlightWhenOtherCollectivesRun() {
        int worldSize = 2;
        long sizeBytes = 3_000_017;
        try (World world = open(new Mesh(1, worldSize, 1))) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator ring = endpoint.communicator(List.of(0, 1));
                Communicator all = endpoint.communicator(List.of(0, 1));
                int rank = endpoint.rank();
                MemorySegment mine = content(1, 0, rank, 0, sizeBytes);
                MemorySegment theirs = Bytes.empty(sizeBytes);
                Transfer transfer = ring.startSendReceive(mine, 1 - rank, theirs, 1 - rank);
                double[] values = {rank + 1};
                all.allReduceSum(values);
                ring.poll();
                transfer.await();
                transfer.await();
                assertArrayEquals(new double[] {3}, values);
                assertTrue(Bytes.same(content(1, 0, 1 - rank, 0, sizeBytes), theirs));
                return true;
            });
        }
    }

    @Test
    void shouldGatherWhileOtherCollectivesRun() {
        Mesh mesh = new Mesh(1, 2, 2);
        try (World world = open(mesh)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2, 3));
                Communicator pair = endpoint.communicator(mesh.ulyssesGroup(endpoint.rank()));
                int rank = endpoint.rank();
                for (int round = 0; round < 4; round++) {
                    List<MemorySegment> receive = new ArrayList<>();
                    for (int from = 0; from < 4; from++) {
                        receive.add(Bytes.empty(70_001L * from)); // rank 0 contributes nothing
                    }
                    MemorySegment own = content(5, round, rank, 0, 70_001L * rank);
                    Transfer gather = all.startAllGatherV(own, receive);
                    double[] values = {rank};
                    pair.allReduceSum(values);
                    assertEquals(
                            mesh.ulyssesGroup(rank).stream()
                                    .mapToInt(Integer::intValue)
                                    .sum(),
                            values[0]);
                    MemorySegment theirs = Bytes.empty(3_000);
                    Transfer other = pair.startSendReceive(
                            content(6, round, rank, 0, 3_000), 1 - pair.index(), theirs, 1 - pair.index());
                    gather.await();
                    gather.await();
                    other.await();
                    for (int from = 0; from < 4; from++) {
                        assertTrue(
                                Bytes.same(content(5, round, from, 0, 70_001L * from), receive.get(from)),
                                "round=%d from=%d to=%d".formatted(round, from, rank));
                    }
                    int peer = pair.group().get(1 - pair.index());
                    assertTrue(Bytes.same(content(6, round, peer, 0, 3_000), theirs));
                }
                return true;
            });
        }
    }

    @Test
    void shouldReduceWhileOtherCollectivesRun() {
        Mesh mesh = new Mesh(1, 2, 2);
        long[] offsets = {0, 90_001, 90_001, 180_000, 200_003};
        try (World world = open(mesh)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2, 3));
                Communicator pair = endpoint.communicator(mesh.ulyssesGroup(endpoint.rank()));
                int rank = endpoint.rank();
                long elements = offsets[rank + 1] - offsets[rank];
                for (int round = 0; round < 4; round++) {
                    List<Transfer> inFlight = new ArrayList<>();
                    List<MemorySegment> sums = new ArrayList<>();
                    for (int reduction = 1; reduction <= 2; reduction++) {
                        float[] values = new float[(int) offsets[4]];
                        for (int i = 0; i < values.length; i++) {
                            values[i] = (rank + 1) * reduction * (i % 1000);
                        }
                        MemorySegment input = Bytes.of(values);
                        MemorySegment own = input.asSlice(offsets[rank] * Float.BYTES, elements * Float.BYTES);
                        MemorySegment landing = Bytes.empty(Float.BYTES * Communicator.landingElements(elements, 4));
                        sums.add(own);
                        inFlight.add(all.startReduceScatterSum(input, offsets, landing, own));
                        double[] met = {rank};
                        pair.allReduceSum(met);
                    }
                    inFlight.forEach(Transfer::await);
                    inFlight.forEach(Transfer::await);
                    for (int reduction = 1; reduction <= 2; reduction++) {
                        for (long i = 0; i < elements; i++) {
                            assertEquals(
                                    10f * reduction * ((offsets[rank] + i) % 1000),
                                    sums.get(reduction - 1).getAtIndex(ValueLayout.JAVA_FLOAT, i),
                                    "round=%d reduction=%d i=%d".formatted(round, reduction, i));
                        }
                    }
                }
                return true;
            });
        }
    }

    @Test
    void shouldReduceInPlaceWhenOwnIsThePieceOfTheInput() {
        long[] offsets = {0, 70_001, 70_001, 140_000};
        try (World world = open(new Mesh(3, 1, 1))) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2));
                int rank = endpoint.rank();
                float[] values = new float[(int) offsets[3]];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (rank + 1) * (i % 1000);
                }
                MemorySegment input = Bytes.of(values);
                long bytes = (offsets[rank + 1] - offsets[rank]) * Float.BYTES;
                all.reduceScatterSum(input, offsets, input.asSlice(offsets[rank] * Float.BYTES, bytes));
                for (int i = 0; i < values.length; i++) {
                    boolean own = i >= offsets[rank] && i < offsets[rank + 1];
                    float expected = own ? 6f * (i % 1000) : values[i];
                    assertEquals(expected, input.getAtIndex(ValueLayout.JAVA_FLOAT, i), "i=" + i);
                }
                return true;
            });
        }
    }

    @Test
    void shouldKeepOrderWhenManyTransfersAreInFlight() {
        long seed = 77;
        int worldSize = 3;
        try (World world = open(new Mesh(worldSize, 1, 1))) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2));
                SplittableRandom random = new SplittableRandom(seed); // equal on all ranks
                int rank = endpoint.rank();
                for (int round = 0; round < 200; round++) {
                    List<Transfer> transfers = new ArrayList<>();
                    List<MemorySegment> expected = new ArrayList<>();
                    List<MemorySegment> received = new ArrayList<>();
                    for (int i = random.nextInt(1, 6); i > 0; i--) {
                        int shift = random.nextInt(1, worldSize);
                        long sizeBytes = random.nextInt(3) == 0 ? 0 : random.nextInt(1, 6000);
                        int to = (rank + shift) % worldSize;
                        int from = (rank + worldSize - shift) % worldSize;
                        expected.add(content(seed, round * 10 + i, from, rank, sizeBytes));
                        received.add(Bytes.empty(sizeBytes));
                        MemorySegment send = content(seed, round * 10 + i, rank, to, sizeBytes);
                        transfers.add(all.startSendReceive(send, to, received.getLast(), from));
                    }
                    if (random.nextBoolean()) {
                        transfers.reversed().forEach(Transfer::await);
                    } else {
                        transfers.forEach(Transfer::await);
                    }
                    for (int i = 0; i < transfers.size(); i++) {
                        assertTrue(
                                Bytes.same(expected.get(i), received.get(i)),
                                "seed=%d round=%d transfer=%d rank=%d".formatted(seed, round, i, rank));
                    }
                }
                return true;
            });
        }
    }

    @Test
    void shouldLeaveMemoryAloneWhenAWaitHasThrown() {
        try (World world = open(new Mesh(2, 1, 1))) {
            MemorySegment receive = Bytes.empty(100);
            Transfer transfer =
                    world.endpoint(0).communicator(List.of(0, 1)).startSendReceive(MemorySegment.NULL, 1, receive, 1);
            world.endpoint(0).abort("no longer wanted");
            assertThrows(CommunicationAborted.class, transfer::await);
            Transfer late = world.endpoint(1)
                    .communicator(List.of(0, 1))
                    .startSendReceive(content(1, 1, 1, 0, 100), 0, MemorySegment.NULL, 0);
            try {
                late.await(); // a wire takes it, a direct link says that nobody is there
            } catch (CommunicationAborted e) {
                assertSays("no longer wanted", e);
            }
            assertTrue(Bytes.same(Bytes.empty(100), receive));
        }
    }

    @Test
    void shouldCountPayloadBytesWhenSending() {
        try (World world = open(new Mesh(2, 1, 1))) {
            List<LinkCounters> counters = RankThreads.run(world.endpoints(), endpoint -> {
                exchange(endpoint, 1000);
                return endpoint.counters();
            });
            for (LinkCounters counter : counters) {
                assertEquals(1000, counter.localBytes() + counter.intraNodeBytes() + counter.interNodeBytes());
                assertEquals(FrameFaults.NONE, counter.faults());
            }
        }
    }

    @Test
    void shouldWakeWaiterWhenAborted() throws InterruptedException {
        try (World world = open(new Mesh(2, 1, 1))) {
            CountDownLatch started = new CountDownLatch(1);
            CompletableFuture<CommunicationAborted> thrown = new CompletableFuture<>();
            Thread waiter = Thread.ofPlatform().name("waiter").start(() -> {
                Communicator all = world.endpoint(0).communicator(List.of(0, 1));
                started.countDown();
                thrown.complete(assertThrows(CommunicationAborted.class, all::barrier));
            });
            assertTrue(started.await(10, TimeUnit.SECONDS));
            world.endpoint(0).abort("test ends it");
            waiter.join(10_000);
            assertFalse(waiter.isAlive());
            CommunicationAborted aborted = thrown.join();
            assertEquals(GENERATION, aborted.generation());
            assertSays("test ends it", aborted);
            Communicator later = world.endpoint(0).communicator(List.of(0, 1));
            assertThrows(CommunicationAborted.class, later::barrier);
            assertThrows(CommunicationAborted.class, later::poll);
        }
    }

    @Test
    void shouldNameWhatIsMissingWhenPeerNeverSends() {
        try (World world = open(GENERATION, new Mesh(2, 1, 1), Duration.ofMillis(200), LinkFault.NONE)) {
            Communicator all = world.endpoint(0).communicator(List.of(0, 1));
            MemorySegment receive = Bytes.empty(12);
            Transfer transfer = all.startSendReceive(MemorySegment.NULL, 1, receive, 1);
            CommunicationAborted late = assertThrows(CommunicationAborted.class, transfer::await);
            assertSays("from rank 1 missingBytes=12", late);
            assertSays("SEND_RECEIVE", late);
        }
    }

    @Test
    void shouldTellPeerWhenOneSideLeaves() {
        try (World world = open(new Mesh(2, 1, 1))) {
            RuntimeException thrown = assertThrows(
                    RuntimeException.class,
                    () -> RankThreads.run(world.endpoints(), endpoint -> {
                        exchange(endpoint, 10);
                        if (endpoint.rank() == 1) {
                            endpoint.close();
                            return true;
                        }
                        exchange(endpoint, 10);
                        return true;
                    }));
            assertTrue(thrown instanceof CommunicationAborted, thrown.toString());
        }
    }

    @Test
    void shouldThrowOnAReceiverWhenOperationsDiffer() {
        try (World world = open(new Mesh(2, 1, 1))) {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class,
                    () -> RankThreads.run(world.endpoints(), endpoint -> {
                        Communicator all = endpoint.communicator(List.of(0, 1));
                        if (endpoint.rank() == 0) {
                            all.barrier();
                        } else {
                            all.allReduceSum(new double[1]);
                        }
                        return true;
                    }));
            assertEquals(RuntimeFailure.Category.FATAL, failure.category());
            assertSays("BARRIER", failure);
            assertSays("ALL_REDUCE", failure);
        }
    }

    @Test
    void shouldThrowOnAReceiverWhenSizesDiffer() {
        try (World world = open(new Mesh(2, 1, 1))) {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class,
                    () -> RankThreads.run(world.endpoints(), endpoint -> {
                        Communicator all = endpoint.communicator(List.of(0, 1));
                        all.allReduceSum(new double[1 + endpoint.rank()]);
                        return true;
                    }));
            assertSays("expectedBytes=", failure);
        }
    }

    @Test
    void shouldRefuseAndCountWhenFrameIsOfAnotherGeneration() {
        ScriptedFault fault = ScriptedFault.at(0, 1, 1, Action.STALE_TWIN);
        try (World world = open(2, fault)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                for (int i = 0; i < 4; i++) {
                    exchange(endpoint, 100);
                }
                return true;
            });
            assertTrue(fault.allFired());
            assertEquals(FrameFaults.NONE, world.endpoint(0).counters().faults());
            assertEquals(
                    new FrameFaults(1, 0, 0, 0), world.endpoint(1).counters().faults());
        }
    }

    @Test
    void shouldTakeFramesOnceWhenTheyComeTwice() {
        SwitchedFault fault = new SwitchedFault();
        fault.on(LinkRule.strike("twice", Effect.DUPLICATE, Set.of(0, 1), Set.of(0, 1))
                .share(0.5, Long.MAX_VALUE, 20261121));
        int rounds = 40;
        try (World world = open(2, fault)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1));
                int other = 1 - endpoint.rank();
                for (int round = 0; round < rounds; round++) {
                    MemorySegment received = Bytes.empty(70_001);
                    all.startSendReceive(content(3, round, endpoint.rank(), other, 70_001), other, received, other)
                            .await();
                    assertTrue(Bytes.same(content(3, round, other, endpoint.rank(), 70_001), received));
                }
                return true;
            });
            long came = world.endpoints().stream()
                    .map(endpoint -> endpoint.counters().faults())
                    .reduce(FrameFaults.NONE, FrameFaults::plus)
                    .duplicate();
            assertTrue(fault.struck("twice") > rounds / 2, "struck=" + fault.struck("twice"));
            // The twin of a link's last frame may still lie there.
            assertTrue(came >= fault.struck("twice") - 2 && came <= fault.struck("twice"), "came=" + came);
            assertEquals(
                    new FrameFaults(0, came, 0, 0),
                    world.endpoint(0)
                            .counters()
                            .faults()
                            .plus(world.endpoint(1).counters().faults()));
        }
    }

    @Test
    void shouldFailRetryablyAndNameTheLinkWhenAFrameIsCorrupted() {
        RuntimeFailure failure = failureUnder(Action.CORRUPT, new FrameFaults(0, 0, 1, 0));
        assertSays("from rank 0 to rank 1", failure);
        assertSays("damaged", failure);
    }

    @Test
    void shouldFailRetryablyAndNameTheLinkWhenAFrameIsLost() {
        RuntimeFailure failure = failureUnder(Action.DROP, new FrameFaults(0, 0, 0, 1));
        assertSays("without gaps: source=0 target=1", failure);
        assertSays("expectedSequence=1 actualSequence=2", failure);
    }

    @Test
    void shouldGoOnWhenAPartitionHeals() {
        SwitchedFault fault = new SwitchedFault();
        long barrier = 1; // frames of each link that the partition lets through
        fault.on(LinkRule.partition("out", Set.of(0), Set.of(1, 2)).frames(barrier, Long.MAX_VALUE));
        fault.on(LinkRule.partition("in", Set.of(1, 2), Set.of(0)).frames(barrier, Long.MAX_VALUE));
        try (World world = open(3, fault)) {
            List<Long> sums = RankThreads.run(world.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2));
                all.barrier();
                double[] values = {endpoint.rank() + 1};
                if (endpoint.rank() == 0) {
                    Transfer shut = all.startSendReceive(Bytes.of(1), 1, Bytes.of(0), 2);
                    long before = endpoint.progress();
                    while (fault.struck("out") == 0 || fault.struck("in") == 0) {
                        all.poll();
                    }
                    assertEquals(before, endpoint.progress(), "nothing came and nothing went");
                    fault.heal();
                    shut.await();
                } else {
                    int rank = endpoint.rank();
                    all.startSendReceive(Bytes.of(1), (rank + 1) % 3, Bytes.of(0), rank - 1)
                            .await();
                }
                all.allReduceSum(values);
                return (long) values[0];
            });
            assertEquals(List.of(6L, 6L, 6L), sums);
            assertTrue(fault.struck("out") == 1 && fault.struck("in") == 1);
        }
    }

    @Test
    void shouldTellWhetherARankGetsOnWhenAPeerIsLate() {
        try (World world = open(new Mesh(2, 1, 1))) {
            RankEndpoint waiting = world.endpoint(0);
            long before = waiting.progress();
            RankThreads.run(world.endpoints(), endpoint -> {
                exchange(endpoint, 100); // from here on both are connected
                if (endpoint.rank() == 1) {
                    long still;
                    do { // until it has stood still for 20 ms of its waiting, the present wait included
                        still = waiting.progress();
                        long until = waiting.waitedNs() + 20_000_000;
                        while (waiting.waitedNs() < until) {
                            Thread.onSpinWait();
                        }
                    } while (waiting.progress() != still);
                    assertTrue(still > before);
                    exchange(endpoint, 100);
                    return true;
                }
                exchange(endpoint, 100);
                assertTrue(waiting.progress() > before + 1);
                return true;
            });
            long waited = waiting.waitedNs();
            assertTrue(waited >= 20_000_000, "waitedNs=" + waited);
            assertEquals(waited, waiting.waitedNs(), "nobody waits any more");
            assertTrue(world.endpoint(1).progress() > 0);
        }
    }

    @Test
    void shouldAbortBothSidesWhenTheLinkIsCut() {
        ScriptedFault fault = ScriptedFault.at(0, 1, 1, Action.CUT);
        try (World world = open(2, fault)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                exchange(endpoint, 100);
                assertThrows(CommunicationAborted.class, () -> exchange(endpoint, 100));
                return true;
            });
            assertTrue(fault.allFired());
        }
    }

    @Test
    void shouldDeliverInOrderWhenAFrameIsHeldBack() {
        CountDownLatch asked = new CountDownLatch(3);
        LinkFault hold = (generation, source, target, sequence) -> {
            if (source == 0 && target == 1 && sequence == 1 && asked.getCount() > 0) {
                asked.countDown();
                return Action.HOLD;
            }
            return Action.DELIVER;
        };
        try (World world = open(2, hold)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                for (int i = 0; i < 4; i++) {
                    exchange(endpoint, 100);
                }
                return true;
            });
            assertEquals(0, asked.getCount());
        }
    }

    @Test
    void shouldAllowEverythingWhenGroupHasOneMember() {
        try (World world = open(new Mesh(1, 1, 1))) {
            Communicator self = world.endpoint(0).communicator(List.of(0));
            MemorySegment in = Bytes.of(1, 2, 3);
            MemorySegment out = Bytes.empty(12);
            self.allToAllV(List.of(in), List.of(out));
            assertTrue(Bytes.same(in, out));
            self.reduceScatterSum(Bytes.of(0, 5, 6, 7), new long[] {1, 4}, out);
            assertTrue(Bytes.same(Bytes.of(5, 6, 7), out));
            self.allGatherV(in, List.of(out));
            assertTrue(Bytes.same(in, out));
            self.startSendReceive(Bytes.of(9, 9, 9), 0, out, 0).await();
            assertTrue(Bytes.same(Bytes.of(9, 9, 9), out));
            double[] values = {4};
            self.allReduceSum(values);
            assertArrayEquals(new double[] {4}, values);
            self.barrier();
        }
    }

    private RuntimeFailure failureUnder(Action action, FrameFaults expected) {
        ScriptedFault fault = ScriptedFault.at(0, 1, 1, action);
        try (World world = open(2, fault)) {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class,
                    () -> RankThreads.run(world.endpoints(), endpoint -> {
                        for (int i = 0; i < 4; i++) {
                            exchange(endpoint, 100);
                        }
                        return true;
                    }));
            assertTrue(fault.allFired());
            assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
            assertEquals(expected, world.endpoint(1).counters().faults());
            return failure;
        }
    }

    private void assertMeshGroupsWork(Mesh mesh) {
        assertMeshGroupsWork(mesh, LinkFault.NONE);
    }

    private void assertMeshGroupsWork(Mesh mesh, LinkFault fault) {
        try (World world = open(GENERATION, mesh, Duration.ofSeconds(30), fault)) {
            RankThreads.run(world.endpoints(), endpoint -> {
                int rank = endpoint.rank();
                List<Communicator> groups = List.of(
                        endpoint.communicator(mesh.ulyssesGroup(rank)),
                        endpoint.communicator(mesh.ringGroup(rank)),
                        endpoint.communicator(mesh.sequenceGroup(rank)),
                        endpoint.communicator(mesh.worldGroup()));
                for (int round = 0; round < 5; round++) {
                    for (Communicator group : groups) {
                        assertGroupWorks(group, round);
                    }
                }
                return true;
            });
        }
    }

    private static void assertSays(String expected, Throwable actual) {
        assertTrue(String.valueOf(actual.getMessage()).contains(expected), actual.toString());
    }

    private static void assertGroupWorks(Communicator group, int round) {
        int me = group.group().get(group.index());
        double[] sums = {me, 1, round};
        group.allReduceSum(sums);
        assertEquals(group.group().stream().mapToInt(Integer::intValue).sum(), sums[0]);
        assertEquals(group.size(), sums[1]);

        List<MemorySegment> gathered = new ArrayList<>();
        for (int member : group.group()) {
            gathered.add(Bytes.empty(member * 5_003L)); // rank 0 contributes nothing
        }
        group.allGatherV(content(5, round, me, 0, me * 5_003L), gathered);
        for (int i = 0; i < group.size(); i++) {
            int member = group.group().get(i);
            assertTrue(Bytes.same(content(5, round, member, 0, member * 5_003L), gathered.get(i)));
        }

        MemorySegment next = Bytes.empty(70_000);
        int to = (group.index() + 1) % group.size();
        int from = (group.index() + group.size() - 1) % group.size();
        group.startSendReceive(content(6, round, me, 0, 70_000), to, next, from).await();
        assertTrue(Bytes.same(content(6, round, group.group().get(from), 0, 70_000), next));
        group.barrier();
    }

    private static void exchange(RankEndpoint endpoint, long sizeBytes) {
        Communicator all = endpoint.communicator(List.of(0, 1));
        int other = 1 - endpoint.rank();
        all.startSendReceive(Bytes.empty(sizeBytes), other, Bytes.empty(sizeBytes), other)
                .await();
    }

    private static MemorySegment content(long seed, int round, int from, int to, long sizeBytes) {
        return Bytes.random(new SplittableRandom(seed * 31 + round * 1009L + from * 101L + to), sizeBytes);
    }

    /** Zero, tiny, and more than a window or a term. */
    private static long[][] randomSizes(SplittableRandom random, int worldSize) {
        long[][] bytes = new long[worldSize][worldSize];
        for (int from = 0; from < worldSize; from++) {
            for (int to = 0; to < worldSize; to++) {
                bytes[from][to] = switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> random.nextInt(1, 100);
                    case 2 -> random.nextInt(100, 200_000);
                    default -> random.nextInt(200_000, 3_000_000);
                };
            }
        }
        return bytes;
    }

    private static float[] randomFloats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1) * (float) Math.pow(10, random.nextInt(-6, 6));
        }
        return values;
    }
}
