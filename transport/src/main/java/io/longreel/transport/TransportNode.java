package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.SlowLinks;
import io.longreel.transport.frame.Route;
import io.longreel.transport.link.AeronMedia;
import io.longreel.transport.link.AeronTimeouts;
import io.longreel.transport.link.DirectFabric;
import io.longreel.transport.link.Link;
import io.longreel.transport.link.RawStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transport of one process, for as long as it runs: the media driver (its own, or that of another process of the node), the UDP port, and the
 * endpoints of the ranks that live here, over any number of mesh incarnations. Where two ranks live decides what lies between them:
 *
 * <pre>
 *   same process   windows: direct, one copy     ipc: Aeron IPC
 *   same node      windows: shared memory        ipc: Aeron IPC
 *   other node     Aeron UDP; also between processes of a node that run a driver each
 * </pre>
 *
 * <p>Owned by the process's node actor; any thread may call it, but {@link #open} blocks and belongs on the rank's compute thread.
 */
public final class TransportNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransportNode.class);

    private final TransportSettings settings;
    private final @Nullable NodeDirectory directory;
    private final Path driverDirectory;
    private final AeronMedia media;
    private final LinkFault fault;
    private final LongSupplier clockNs;
    private final DirectFabric fabric = new DirectFabric();
    private final Set<LinkedEndpoint> endpoints = ConcurrentHashMap.newKeySet();
    /** Of endpoints that were closed, by their ranks' threads, for those of the next mesh incarnation. */
    private final Deque<Staging> idleStagings = new ConcurrentLinkedDeque<>();
    /** The newest; an endpoint of it that a slower thread opens only now must not wait for peers either. */
    private volatile Aborted aborted = new Aborted(-1, "none");

    private record Aborted(int generation, String reason) {}

    private TransportNode(
            TransportSettings settings,
            @Nullable NodeDirectory directory,
            Path driverDirectory,
            AeronMedia media,
            LinkFault fault,
            LongSupplier clockNs) {
        this.settings = settings;
        this.directory = directory;
        this.driverDirectory = driverDirectory;
        this.media = media;
        this.fault = fault;
        this.clockNs = clockNs;
        media.whenBroken(why -> endpoints.forEach(endpoint -> endpoint.abort(why)));
    }

    /** Starts a media driver for this node, with its files in shared memory. */
    public static TransportNode open(TransportSettings settings, String host) {
        return open(settings, host, LinkFault.NONE);
    }

    /** As {@link #open(TransportSettings, String)}, with links that are disturbed on purpose. */
    public static TransportNode open(TransportSettings settings, String host, LinkFault fault) {
        return open(settings, host, NodeDirectory.defaultBase(), fault, System::nanoTime);
    }

    /**
     * Starts a media driver for this node.
     *
     * @param host address of this machine that other nodes can reach
     * @param base directory, best in shared memory, in which the node makes one of its own
     */
    public static TransportNode open(
            TransportSettings settings, String host, Path base, LinkFault fault, LongSupplier clockNs) {
        return open(settings, AeronTimeouts.DEFAULT, host, base, fault, clockNs);
    }

    static TransportNode open(
            TransportSettings settings,
            AeronTimeouts timeouts,
            String host,
            Path base,
            LinkFault fault,
            LongSupplier clockNs) {
        NodeDirectory directory = NodeDirectory.create(base);
        Path driverDirectory = directory.path().resolve("driver");
        try {
            AeronMedia media = AeronMedia.launch(settings, timeouts, host, driverDirectory);
            LOG.info("transport.opened dataEndpoint={} driverDirectory={}", media.dataEndpoint(), driverDirectory);
            return new TransportNode(settings, directory, driverDirectory, media, fault, clockNs);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** Uses the media driver that another process of this node runs. */
    public static TransportNode attach(TransportSettings settings, String host, Path driverDirectory) {
        return attach(settings, host, driverDirectory, LinkFault.NONE, System::nanoTime);
    }

    /** Uses the media driver that another process of this node runs. */
    public static TransportNode attach(
            TransportSettings settings, String host, Path driverDirectory, LinkFault fault, LongSupplier clockNs) {
        return attach(settings, AeronTimeouts.DEFAULT, host, driverDirectory, fault, clockNs);
    }

    static TransportNode attach(
            TransportSettings settings,
            AeronTimeouts timeouts,
            String host,
            Path driverDirectory,
            LinkFault fault,
            LongSupplier clockNs) {
        AeronMedia media = AeronMedia.attach(settings, timeouts, host, driverDirectory);
        LOG.info("transport.attached dataEndpoint={} driverDirectory={}", media.dataEndpoint(), driverDirectory);
        return new TransportNode(settings, null, driverDirectory, media, fault, clockNs);
    }

    /** Where other nodes send to: {@code host:port}, the port chosen by the system. */
    public String dataEndpoint() {
        return media.dataEndpoint();
    }

    /** Directory of the media driver; other processes of this node may attach to it. */
    public String driverDirectory() {
        return driverDirectory.toString();
    }

    /**
     * Whether endpoints can be opened. Once they cannot, because this process stood still for so long that Aeron gave it up (seconds: a stopped process
     * that wakes up), that stays so: all endpoints are aborted, and the process must end, or close this node and open another.
     */
    public boolean isUsable() {
        return media.broken() == null;
    }

    /** The endpoint of a rank that the placement puts here. Waits until all its peers are reached; {@link #abort} ends that too. */
    public RankEndpoint open(Placement placement, int rank) {
        LinkedEndpoint endpoint = prepare(placement, rank);
        try {
            endpoint.connect();
        } catch (RuntimeException e) {
            endpoint.close();
            throw e;
        }
        return endpoint;
    }

    /** Like {@link #open}, but without the wait: the first collective waits for its peers instead. */
    public RankEndpoint openUnconnected(Placement placement, int rank) {
        return prepare(placement, rank);
    }

    /** The bare streams under a link to another node's process, to measure against; it must open them, too. */
    public RawStream openRaw(String peerEndpoint) {
        return RawStream.open(media, peerEndpoint);
    }

    /** Direct channels that are still open; none once all endpoints were closed. */
    int openChannels() {
        return fabric.openChannels();
    }

    /** Aborts every endpoint of a generation, those that still connect or are opened later included. */
    public void abort(int generation, String reason) {
        synchronized (this) {
            if (aborted.generation < generation) {
                aborted = new Aborted(generation, reason);
            }
        }
        for (LinkedEndpoint endpoint : endpoints) {
            if (endpoint.generation() == generation) {
                endpoint.abort(reason);
            }
        }
    }

    /** Closes all endpoints, then driver and files. The ranks' threads should have ended before; their waits end at once. */
    @Override
    public void close() {
        endpoints.forEach(LinkedEndpoint::close);
        endpoints.clear();
        idleStagings.forEach(Staging::close);
        idleStagings.clear();
        media.close();
        if (directory != null) {
            directory.close();
        }
    }

    private LinkedEndpoint prepare(Placement placement, int rank) {
        String broken = media.broken();
        if (broken != null) {
            throw new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, broken);
        }
        int worldSize = placement.ranks().size();
        requireRoom(placement, rank);
        AbortSignal signal = new AbortSignal(placement.generation());
        LinkFault between = SlowLinks.around(fault, settings.limits(), placement, clockNs);
        List<Link> links = new ArrayList<>(worldSize - 1);
        try {
            for (int peer = 0; peer < worldSize; peer++) {
                if (peer != rank) {
                    links.add(openLink(placement, rank, peer, signal, between));
                }
            }
        } catch (RuntimeException e) {
            links.forEach(Link::close);
            throw e;
        }
        Staging staging = idleStagings.poll();
        LinkedEndpoint endpoint = new LinkedEndpoint(
                rank,
                placement.ranks().stream().map(RankSite::nodeId).toList(),
                placement.generation(),
                signal,
                links,
                staging == null ? new Staging() : staging,
                idleStagings::push,
                settings.waitTimeout().toNanos(),
                clockNs);
        endpoints.removeIf(LinkedEndpoint::closed);
        endpoints.add(endpoint);
        broken = media.broken(); // the listener may have looked before
        if (broken != null) {
            endpoint.abort(broken);
        }
        Aborted newest = aborted; // likewise
        if (placement.generation() <= newest.generation) {
            endpoint.abort(newest.reason);
        }
        return endpoint;
    }

    private void requireRoom(Placement placement, int rank) {
        RankSite here = placement.site(rank);
        int udp = 0;
        int ipc = 0;
        int windowed = 0;
        for (RankSite there : placement.ranks()) {
            boolean sameProcess = here.processId().equals(there.processId());
            if (there.rank() == rank) {
                continue;
            }
            if (!sameDriver(here, there)) {
                udp++;
            } else if (settings.intraNode() == IntraNode.IPC) {
                ipc++;
            } else if (!sameProcess) {
                ipc++;
                windowed++;
            }
        }
        media.requireRoom(rank, udp, ipc, windowed);
    }

    private static boolean sameDriver(RankSite here, RankSite there) {
        return here.nodeId().equals(there.nodeId()) && here.driverDirectory().equals(there.driverDirectory());
    }

    private Link openLink(Placement placement, int rank, int peer, AbortSignal signal, LinkFault between) {
        RankSite here = placement.site(rank);
        RankSite there = placement.site(peer);
        Route route = new Route(placement.runToken(), placement.generation(), rank, peer);
        if (!sameDriver(here, there)) {
            return media.openUdp(route, there.dataEndpoint(), between);
        }
        if (settings.intraNode() == IntraNode.IPC) {
            return media.openIpc(route, between);
        }
        if (here.processId().equals(there.processId())) {
            return fabric.open(route, between, signal);
        }
        return media.openWindows(route, between);
    }
}
