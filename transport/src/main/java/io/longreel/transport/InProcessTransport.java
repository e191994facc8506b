package io.longreel.transport;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.Route;
import io.longreel.transport.link.DirectFabric;
import io.longreel.transport.link.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A whole world of ranks inside this process: one compute thread per rank, direct links between all of them, no driver, no files. For a mesh
 * on one machine without processes, and for tests. Owned by whoever runs the ranks' threads.
 */
public final class InProcessTransport implements AutoCloseable {
    /** Ranks of one process fail together; the limit only keeps a bug from hanging for ever. */
    private static final Duration DEFAULT_WAIT_TIMEOUT = Duration.ofMinutes(10);

    private final DirectFabric fabric;
    private final List<RankEndpoint> endpoints;

    private InProcessTransport(DirectFabric fabric, List<RankEndpoint> endpoints) {
        this.fabric = fabric;
        this.endpoints = List.copyOf(endpoints);
    }

    /** A world of generation 1 whose mesh does not matter. */
    public static InProcessTransport open(int worldSize) {
        return open(Placement.inProcess(new Mesh(worldSize, 1, 1)));
    }

    public static InProcessTransport open(Placement placement) {
        return open(placement, DEFAULT_WAIT_TIMEOUT, LinkFault.NONE, System::nanoTime);
    }

    /** Where the placement says that the ranks live does not matter: all live here. */
    public static InProcessTransport open(
            Placement placement, Duration waitTimeout, LinkFault fault, LongSupplier clockNs) {
        DirectFabric fabric = new DirectFabric();
        int worldSize = placement.ranks().size();
        List<RankEndpoint> endpoints = new ArrayList<>(worldSize);
        for (int rank = 0; rank < worldSize; rank++) {
            AbortSignal signal = new AbortSignal(placement.generation());
            List<Link> links = new ArrayList<>(worldSize - 1);
            for (int peer = 0; peer < worldSize; peer++) {
                if (peer != rank) {
                    links.add(fabric.open(
                            new Route(placement.runToken(), placement.generation(), rank, peer), fault, signal));
                }
            }
            endpoints.add(new LinkedEndpoint(
                    rank,
                    Collections.nCopies(worldSize, "here"),
                    placement.generation(),
                    signal,
                    links,
                    new Staging(),
                    Staging::close,
                    waitTimeout.toNanos(),
                    clockNs));
        }
        return new InProcessTransport(fabric, endpoints);
    }

    /** The endpoint of one rank, for that rank's thread. */
    public RankEndpoint endpoint(int rank) {
        return endpoints.get(rank);
    }

    /** All endpoints, in rank order. */
    public List<RankEndpoint> endpoints() {
        return endpoints;
    }

    @Override
    public void close() {
        endpoints.forEach(RankEndpoint::close);
        if (fabric.openChannels() != 0) {
            throw new IllegalStateException("channels must be closed with their links: open=" + fabric.openChannels());
        }
    }
}
