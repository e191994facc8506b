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
import io.longreel.transport.frame.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.SleepingIdleStrategy;
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
    private static final long COMMAND_LOOK_NS = 50_000;
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
    /** Of the own driver; of nobody where another process runs it. */
    private final DriverIdle idle;

    private final Outage outage;
    private volatile boolean closing;
    private final String host;
    private final Queue<Leaving> leaving = new ConcurrentLinkedQueue<>();

    private AeronMedia(
            TransportSettings settings,
            @Nullable MediaDriver driver,
            Aeron aeron,
            Path directory,
            String host,
            DriverIdle idle,
            Outage outage) {
        this.settings = settings;
        this.idle = idle;
        this.outage = outage;
        this.driver = driver;
        this.aeron = aeron;
        this.windows = directory.resolve("windows");
        this.host = host;
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
    public static AeronMedia launch(TransportSettings settings, AeronTimeouts timeouts, String host, Path directory) {
        Outage outage = new Outage();
        DriverIdle idle = new DriverIdle();
        MediaDriver driver = DriverLauncher.launch(settings, timeouts, directory, idle, outage);
        try {
            return connect(settings, timeouts, host, directory, driver, idle, outage);
        } catch (RuntimeException e) {
            driver.close();
            throw e;
        }
    }

    /** Uses the driver that another process of this node runs in {@code directory}. */
    public static AeronMedia attach(TransportSettings settings, AeronTimeouts timeouts, String host, Path directory) {
        return connect(settings, timeouts, host, directory, null, new DriverIdle(), new Outage());
    }

    private static AeronMedia connect(
            TransportSettings settings,
            AeronTimeouts timeouts,
            String host,
            Path directory,
            @Nullable MediaDriver driver,
            DriverIdle idle,
            Outage outage) {
        Aeron aeron;
        AtomicReference<String> failure = new AtomicReference<>("");
        try {
            aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(directory.toString())
                    .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(timeouts.driverNs()))
                    .resourceLingerDurationNs(timeouts.lingerNs())
                    .keepAliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(200))
                    // A mesh opens with two commands per link, one after the other; by default each waits whole
                    // milliseconds.
                    .awaitingIdleStrategy(new SleepingIdleStrategy(COMMAND_LOOK_NS))
                    .threadFactory(DriverLauncher.named("longreel-aeron-client"))
                    .errorHandler(e -> {
                        failure.set(e.toString());
                        LOG.warn("aeron.client.failed directory={} error={}", directory, e.toString());
                    }));
        } catch (RuntimeException e) {
            throw DriverLauncher.cannotStart("Aeron client of the driver in " + directory, e);
        }
        try {
            Files.createDirectories(directory.resolve("windows"));
            AeronMedia media = new AeronMedia(settings, driver, aeron, directory, host, idle, outage);
            aeron.addCloseHandler(() -> media.givenUp(failure.get()));
            return media;
        } catch (AeronException | IOException e) {
            aeron.close();
            throw DriverLauncher.cannotStart("data port on " + host, e);
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
    }

    /**
     * Why nothing can be sent or received here any more, or null. It is so once the driver has gone, or once Aeron has given this process up because it
     * stood still for longer than {@link AeronTimeouts} allow; it stays so.
     */
    public @Nullable String broken() {
        return outage.reason();
    }

    /** @param told once, by Aeron's thread, as soon as {@link #broken} has a reason */
    public void whenBroken(Consumer<String> told) {
        outage.whenReported(told);
    }

    private void givenUp(@Nullable String failure) {
        if (!closing) {
            outage.report("its media driver, or the process itself, stood still for too long: " + failure);
        }
    }

    /** Where other nodes send to: {@code host:port}. */
    public String dataEndpoint() {
        return dataEndpoint;
    }

    /** The end of the route's source of a link through shared memory logs of this driver; the peer must use the same driver. */
    public Link openIpc(Route route, LinkFault fault) {
        return new WireLink(route, Carrier.INTRA_NODE, ipcPort(route), fault);
    }

    /** The end of the route's source of a link over the network, to the process that receives on {@code peerEndpoint}. */
    public Link openUdp(Route route, String peerEndpoint, LinkFault fault) {
        return new WireLink(route, Carrier.INTER_NODE, port(channelTo(peerEndpoint), channelHere(), route), fault);
    }

    private String channelTo(String peerEndpoint) {
        return new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(peerEndpoint)
                .networkInterface(host) // what comes back is received there only, not on every device
                .mtu(settings.mtuBytes())
                .termLength(settings.termBytes())
                .build();
    }

    private String channelHere() {
        return new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .tags(channelTag, null)
                .build();
    }

    /** A stream to another node, and the one that comes from there, for whoever measures them bare. */
    RawStream openRaw(String peerEndpoint, int streamId) {
        idle.linkOpens();
        Subscription subscription = null;
        try {
            subscription = aeron.addSubscription(channelHere(), streamId);
            ExclusivePublication publication = aeron.addExclusivePublication(channelTo(peerEndpoint), streamId);
            return new RawStream(publication, subscription, this::closes);
        } catch (AeronException e) {
            CloseHelper.close(subscription);
            idle.linkCloses();
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE, "bare stream to %s must open".formatted(peerEndpoint), e);
        }
    }

    /** The end of the route's source of a link through shared windows, with doorbells through this driver; the peer must use the same driver. */
    public Link openWindows(Route route, LinkFault fault) {
        AeronPort doorbell = ipcPort(route);
        try {
            SharedWindow outbound = SharedWindow.create(windowPath(route), route, settings.windowBytes());
            Path inbound = windowPath(route.back());
            WindowPort port = new WindowPort(doorbell, outbound, () -> SharedWindow.attach(inbound, route.back()));
            return new WireLink(route, Carrier.INTRA_NODE, port, fault);
        } catch (RuntimeException e) {
            doorbell.close();
            throw e;
        }
    }

    /** Windows lie beside the driver's own files: all processes of a node find them there, and they go with the driver. */
    private Path windowPath(Route route) {
        return windows.resolve("g%d-from%d-to%d".formatted(route.generation(), route.source(), route.target()));
    }

    private AeronPort ipcPort(Route route) {
        return port(CommonContext.IPC_CHANNEL, CommonContext.IPC_CHANNEL, route);
    }

    private AeronPort port(String out, String in, Route route) {
        idle.linkOpens();
        Subscription subscription = null;
        try {
            subscription = aeron.addSubscription(in, streamId(route.back()));
            ExclusivePublication publication = aeron.addExclusivePublication(out, streamId(route));
            return new AeronPort(publication, subscription, this::closes);
        } catch (AeronException e) {
            CloseHelper.close(subscription);
            idle.linkCloses();
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "link from rank %d to rank %d must open: channel=%s: %s"
                            .formatted(route.source(), route.target(), out, e.getMessage()),
                    e);
        }
    }

    /**
     * Throws unless the file system has room for what a rank's links will fill: Aeron makes its logs sparse, because filling them first takes longer than
     * opening a mesh may, and a log that finds no room later is a crash.
     *
     * @param udp links over the network, which have a log on both sides
     * @param ipc links through memory, windows included
     * @param windowed of these, those with a window
     */
    public void requireRoom(int rank, int udp, int ipc, int windowed) {
        long logBytes = 3L * settings.termBytes();
        long neededBytes = (2L * udp + ipc) * logBytes + (long) windowed * settings.windowBytes();
        // What the generation before had goes within Aeron's linger time, so the next try may succeed.
        Storage.require(
                windows, neededBytes, RuntimeFailure.Category.RETRYABLE, "the links of rank %d".formatted(rank));
    }

    /** Closes the client and the driver, whose files go with it. Links must be closed before. */
    @Override
    public void close() {
        closing = true;
        if (driver != null && outage.reason() == null) {
            drain();
        }
        CloseHelper.closeAll(aeron, driver);
    }

    /** A closed publication whose last bytes the driver may still have to send. */
    private record Leaving(long registrationId, long position) {}

    private void closes(Publication publication) {
        try {
            remember(publication);
        } finally {
            idle.linkCloses();
        }
    }

    private void remember(Publication publication) {
        if (aeron.isClosed()) { // the driver has freed it, with its counters
            return;
        }
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
    static int streamId(Route route) {
        int source = route.source();
        int target = route.target();
        if (source >> RANK_BITS != 0 || target >> RANK_BITS != 0) {
            throw RuntimeFailure.config(
                    "at most %d ranks can be linked: source=%d target=%d".formatted(1 << RANK_BITS, source, target));
        }
        int fence = route.generation() & ((1 << GENERATION_BITS) - 1);
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
