package io.longreel.transport.link;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.exceptions.AeronException;
import io.aeron.status.ChannelEndpointStatus;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.transport.fault.LinkFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.agrona.concurrent.status.CountersReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Aeron in one process: a client, and the media driver if this process hosts its node's. It receives from other nodes on one UDP port, whatever the
 * number of ranks: streams are told apart by their id. Opening and closing links is for any thread; each link is its rank's.
 */
public final class AeronMedia implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AeronMedia.class);

    private static final int PORT_LOOKS = 20_000;
    private static final long PORT_LOOK_NS = 100_000;
    private static final int DRAIN_LOOKS = 500;
    private static final long DRAIN_LOOK_NS = 1_000_000;

    private static final int RESERVED_STREAM = 0;
    private static final int RANK_BITS = 10;
    private static final int GENERATION_BITS = 11;

    private final TransportSettings settings;
    private final @Nullable MediaDriver driver;
    private final Aeron aeron;
    private final Path windows;
    private final long channelTag;
    private final Subscription port;
    private final String dataEndpoint;
    private final Queue<Leaving> leaving = new ConcurrentLinkedQueue<>();

    private AeronMedia(
            TransportSettings settings, @Nullable MediaDriver driver, Aeron aeron, Path directory, String host) {
        this.settings = settings;
        this.driver = driver;
        this.aeron = aeron;
        this.windows = directory.resolve("windows");
        // Port 0 lets the system choose; other streams find the bound socket by its tag, as its address would be bound
        // a second time.
        this.channelTag = aeron.nextCorrelationId();
        this.port = aeron.addSubscription(
                new ChannelUriStringBuilder()
                        .media(CommonContext.UDP_MEDIA)
                        .endpoint(host + ":0")
                        .tags(channelTag, null)
                        .build(),
                RESERVED_STREAM);
        this.dataEndpoint = resolved(port, host);
    }

    /** Starts a driver with its files in {@code directory}, which it creates and, when closed, deletes. */
    public static AeronMedia launch(TransportSettings settings, String host, Path directory) {
        MediaDriver driver = DriverLauncher.launch(settings, directory);
        try {
            return connect(settings, host, directory, driver);
        } catch (RuntimeException e) {
            driver.close();
            throw e;
        }
    }

    /** Uses the driver that another process of this node runs in {@code directory}. */
    public static AeronMedia attach(TransportSettings settings, String host, Path directory) {
        return connect(settings, host, directory, null);
    }

    private static AeronMedia connect(
            TransportSettings settings, String host, Path directory, @Nullable MediaDriver driver) {
        Aeron aeron;
        try {
            aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(directory.toString())
                    .driverTimeoutMs(DriverLauncher.DRIVER_TIMEOUT_MS)
                    .keepAliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(200))
                    .threadFactory(DriverLauncher.named("longreel-aeron-client"))
                    .errorHandler(e -> LOG.warn("aeron.client.failed directory={} error={}", directory, e.toString())));
        } catch (RuntimeException e) {
            throw DriverLauncher.cannotStart("Aeron client of the driver in " + directory, e);
        }
        try {
            Files.createDirectories(directory.resolve("windows"));
            return new AeronMedia(settings, driver, aeron, directory, host);
        } catch (AeronException | IOException e) {
            aeron.close();
            throw DriverLauncher.cannotStart("data port on " + host, e);
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
    }

    /** Where other nodes send to: {@code host:port}. */
    public String dataEndpoint() {
        return dataEndpoint;
    }

    /** One rank's end of a link through shared memory logs of this driver; the peer must use the same driver. */
    public Link openIpc(int generation, int rank, int peer, LinkFault fault) {
        return new WireLink(generation, rank, peer, Carrier.INTRA_NODE, ipcPort(generation, rank, peer), fault);
    }

    /** One rank's end of a link over the network, to the process that receives on {@code peerEndpoint}. */
    public Link openUdp(int generation, int rank, int peer, String peerEndpoint, LinkFault fault) {
        String out = new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(peerEndpoint)
                .mtu(settings.mtuBytes())
                .termLength(settings.termBytes())
                .build();
        String in = new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .tags(channelTag, null)
                .build();
        return new WireLink(generation, rank, peer, Carrier.INTER_NODE, port(out, in, generation, rank, peer), fault);
    }

    /** One rank's end of a link through shared windows, with doorbells through this driver; the peer must use the same driver. */
    public Link openWindows(int generation, int rank, int peer, LinkFault fault) {
        AeronPort doorbell = ipcPort(generation, rank, peer);
        try {
            SharedWindow outbound = SharedWindow.create(
                    windowPath(generation, rank, peer), generation, rank, peer, settings.windowBytes());
            Path inbound = windowPath(generation, peer, rank);
            WindowPort port =
                    new WindowPort(doorbell, outbound, () -> SharedWindow.attach(inbound, generation, peer, rank));
            return new WireLink(generation, rank, peer, Carrier.INTRA_NODE, port, fault);
        } catch (RuntimeException e) {
            doorbell.close();
            throw e;
        }
    }

    /** Windows lie beside the driver's own files: all processes of a node find them there, and they go with the driver. */
    private Path windowPath(int generation, int source, int target) {
        return windows.resolve("g%d-from%d-to%d".formatted(generation, source, target));
    }

    private AeronPort ipcPort(int generation, int rank, int peer) {
        return port(CommonContext.IPC_CHANNEL, CommonContext.IPC_CHANNEL, generation, rank, peer);
    }

    private AeronPort port(String out, String in, int generation, int rank, int peer) {
        try {
            Subscription subscription = aeron.addSubscription(in, streamId(generation, peer, rank));
            ExclusivePublication publication = aeron.addExclusivePublication(out, streamId(generation, rank, peer));
            return new AeronPort(publication, subscription, this::remember);
        } catch (AeronException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "link from rank %d to rank %d must open: channel=%s: %s".formatted(rank, peer, out, e.getMessage()),
                    e);
        }
    }

    /** Closes the client and the driver, whose files go with it. Links must be closed before. */
    @Override
    public void close() {
        if (driver != null) {
            drain();
        }
        CloseHelper.closeAll(aeron, driver);
    }

    /** A closed publication whose last bytes the driver may still have to send. */
    private record Leaving(long registrationId, long position) {}

    private void remember(Publication publication) {
        leaving.removeIf(this::sent);
        leaving.add(new Leaving(publication.registrationId(), publication.position()));
    }

    /** A rank is done when its last frame is in the log: the driver must not go before it has sent that, unless the peer is gone. */
    private void drain() {
        for (int look = 0; look < DRAIN_LOOKS; look++) {
            leaving.removeIf(this::sent);
            if (leaving.isEmpty()) {
                return;
            }
            LockSupport.parkNanos(DRAIN_LOOK_NS);
        }
        LOG.info("transport.undelivered publications={}", leaving.size());
    }

    private boolean sent(Leaving publication) {
        CountersReader counters = aeron.countersReader();
        int sender = counters.findByTypeIdAndRegistrationId(
                AeronCounters.DRIVER_SENDER_POSITION_TYPE_ID, publication.registrationId());
        return sender == CountersReader.NULL_COUNTER_ID || counters.getCounterValue(sender) >= publication.position();
    }

    /**
     * <pre>
     *   31 | 30 ... generation, low 11 bits ... 20 | 19 ... source rank ... 10 | 9 ... target rank ... 0
     * </pre>
     *
     * A rank that still sends for an earlier generation reaches no one; should the bits wrap, the frame's full generation is refused.
     */
    static int streamId(int generation, int source, int target) {
        if (source >> RANK_BITS != 0 || target >> RANK_BITS != 0) {
            throw RuntimeFailure.config(
                    "at most %d ranks can be linked: source=%d target=%d".formatted(1 << RANK_BITS, source, target));
        }
        int fence = generation & ((1 << GENERATION_BITS) - 1);
        return fence << (2 * RANK_BITS) | source << RANK_BITS | target;
    }

    /** The driver binds the socket some microseconds after it has handed out the subscription. */
    private static String resolved(Subscription port, String host) {
        for (int look = 0; look < PORT_LOOKS && port.channelStatus() != ChannelEndpointStatus.ERRORED; look++) {
            String endpoint = port.resolvedEndpoint();
            if (endpoint != null) {
                return endpoint;
            }
            LockSupport.parkNanos(PORT_LOOK_NS);
        }
        throw new RuntimeFailure(
                RuntimeFailure.Category.CONFIG,
                "data host must be an address of this machine: host=%s status=%d"
                        .formatted(host, port.channelStatus()));
    }
}
