package io.longreel.model.bench;

import io.longreel.config.TransportSettings;
import io.longreel.config.plan.Link;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.TransportNode;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What messages between two ranks cost: a latency, and bytes over a bandwidth. Both send at the same time, as ranks of a group do.
 */
public final class LinkRates {
    private static final String HOST = "127.0.0.1";
    private static final Mesh TWO = new Mesh(1, 1, 2);
    private static final int BLOCK_BYTES = 4 << 20;
    private static final int SMALL_BYTES = 256;
    private static final int SMALL_AT_ONCE = 100;

    private LinkRates() {}

    /** Ranks of one process, which is what the ranks of a node are. */
    public static Link threads(int laps, LongSupplier clockNs) {
        try (InProcessTransport transport = InProcessTransport.open(2)) {
            return RankThreads.run(transport.endpoints(), endpoint -> measure(laps, clockNs, endpoint))
                    .getFirst();
        }
    }

    private static Link measure(int laps, LongSupplier clockNs, RankEndpoint endpoint) {
        Communicator both = endpoint.communicator(List.of(0, 1));
        int peer = 1 - both.index();
        try (TensorArena arena = TensorArena.open("links", 3L * BLOCK_BYTES)) {
            MemorySegment send = arena.zeros(BLOCK_BYTES / Float.BYTES).segment();
            MemorySegment receive = arena.zeros(BLOCK_BYTES / Float.BYTES).segment();
            double small = median(laps, both, clockNs, () -> {
                for (int i = 0; i < SMALL_AT_ONCE; i++) {
                    both.startSendReceive(send.asSlice(0, SMALL_BYTES), peer, receive.asSlice(0, SMALL_BYTES), peer)
                            .await();
                }
            });
            double large = median(
                    laps,
                    both,
                    clockNs,
                    () -> both.startSendReceive(send, peer, receive, peer).await());
            double latency = small / SMALL_AT_ONCE;
            return new Link(BLOCK_BYTES / Math.max(large - latency, large / 2), latency);
        }
    }

    private static double median(int times, Communicator both, LongSupplier clockNs, Runnable work) {
        Laps laps = new Laps(clockNs, both);
        laps.warmUp(times, 0.3, work);
        for (int lap = 0; lap < times; lap++) {
            laps.time(work);
        }
        return laps.median();
    }

    /** Processes of a node that share a media driver, through windows of shared memory. */
    public static Link windows(TransportSettings settings, int laps, LongSupplier clockNs) {
        try (TransportNode first = TransportNode.open(settings, HOST);
                TransportNode second = TransportNode.attach(settings, HOST, Path.of(first.driverDirectory()))) {
            return exchange(first, second, "node", "node", laps, clockNs);
        }
    }

    /** Nodes, over UDP on the loopback device. */
    public static Link nodes(TransportSettings settings, int laps, LongSupplier clockNs) {
        try (TransportNode first = TransportNode.open(settings, HOST);
                TransportNode second = TransportNode.open(settings, HOST)) {
            return exchange(first, second, "node-0", "node-1", laps, clockNs);
        }
    }

    private static Link exchange(
            TransportNode first,
            TransportNode second,
            String firstNode,
            String secondNode,
            int laps,
            LongSupplier clockNs) {
        Placement placement = new Placement(
                1,
                TWO,
                List.of(
                        new RankSite(0, firstNode, "p-0", first.dataEndpoint(), first.driverDirectory()),
                        new RankSite(1, secondNode, "p-1", second.dataEndpoint(), second.driverDirectory())));
        try (RankEndpoint one = first.openUnconnected(placement, 0);
                RankEndpoint other = second.openUnconnected(placement, 1)) {
            return RankThreads.run(List.of(one, other), endpoint -> measure(laps, clockNs, endpoint))
                    .getFirst();
        }
    }
}
