package io.longreel.transport.link;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts media drivers with the settings that this runtime needs: one thread for everything, which gives the core away when idle, because the
 * ranks' compute threads want all cores.
 */
final class DriverLauncher {
    private static final Logger LOG = LoggerFactory.getLogger(DriverLauncher.class);

    private static final long TIMER_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** What most systems grant at most without tuning is less; then the system's limit counts. */
    private static final int SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
    /** Senders that may fill the socket buffer of a receiver at once, before its driver reads it. */
    private static final int SENDERS_AT_ONCE = 2;

    private static final int SMALLEST_MTU_BYTES = 512;
    private static final int LARGEST_MTU_BYTES = 65_504;
    private static final int FRAME_ALIGNMENT = 32;
    private static final int MTUS_PER_TERM = 8;

    /** Room for the counters of about a thousand links, 128 bytes each; their names take four times that. The default is four times as much. */
    private static final int COUNTERS_BYTES = 2 * 1024 * 1024;

    /** What a driver without links writes, with some to spare. */
    private static final long DRIVER_FILES_BYTES = 24 * 1024 * 1024;

    private DriverLauncher() {}

    /** A running driver with its files in {@code directory}, which goes when it is closed. */
    static MediaDriver launch(
            TransportSettings settings, AeronTimeouts timeouts, Path directory, DriverIdle idle, Outage outage) {
        checkSizes(settings);
        Storage.require(
                directory.resolveSibling("."), DRIVER_FILES_BYTES, RuntimeFailure.Category.CONFIG, "a media driver");
        try {
            return MediaDriver.launch(driverContext(settings, timeouts, directory, idle, outage));
        } catch (RuntimeException e) {
            throw cannotStart("media driver in " + directory, e);
        }
    }

    private static MediaDriver.Context driverContext(
            TransportSettings settings, AeronTimeouts timeouts, Path directory, DriverIdle idle, Outage outage) {
        int socketBufferBytes = grantedSocketBuffer();
        int windowBytes = Math.max(settings.mtuBytes(), socketBufferBytes / SENDERS_AT_ONCE);
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(idle)
                .sharedThreadFactory(Thread.ofPlatform()
                        .name("longreel-aeron-driver")
                        .daemon(true)
                        .uncaughtExceptionHandler((thread, e) -> died(directory, outage, e))
                        .factory())
                .asyncExecutorThreadFactory(named("longreel-aeron-resolver"))
                .asyncExecutorIdleStrategy(idle.resolver())
                .timerIntervalNs(TIMER_INTERVAL_NS)
                .clientLivenessTimeoutNs(timeouts.clientNs())
                .publicationUnblockTimeoutNs(2 * timeouts.clientNs())
                .imageLivenessTimeoutNs(timeouts.peerNs())
                .publicationConnectionTimeoutNs(timeouts.peerNs())
                .publicationLingerTimeoutNs(timeouts.lingerNs())
                .mtuLength(settings.mtuBytes())
                .ipcMtuLength(settings.mtuBytes())
                .publicationTermBufferLength(settings.termBytes())
                .ipcTermBufferLength(settings.termBytes())
                .termBufferSparseFile(true)
                .counterValuesBufferLength(COUNTERS_BYTES)
                .socketSndbufLength(socketBufferBytes)
                .socketRcvbufLength(socketBufferBytes)
                .initialWindowLength(Math.min(windowBytes, settings.termBytes() / 2))
                .errorHandler(e -> LOG.warn("aeron.driver.failed directory={} error={}", directory, e.toString()));
    }

    /** Only an error ends the driver's thread, such as one of memory that cannot be touched because its file system is full. */
    private static void died(Path directory, Outage outage, Throwable error) {
        LOG.error("aeron.driver.died directory={}", directory, error);
        outage.report(
                "its media driver died, maybe because the file system of %s is full: %s".formatted(directory, error));
    }

    /** Aeron refuses these too, but only when the first link opens, and in its own words. */
    private static void checkSizes(TransportSettings settings) {
        int mtu = settings.mtuBytes();
        int term = settings.termBytes();
        if (mtu < SMALLEST_MTU_BYTES || mtu > LARGEST_MTU_BYTES || mtu % FRAME_ALIGNMENT != 0) {
            throw RuntimeFailure.config("transport mtu must be a multiple of %d bytes from %d to %d: mtuBytes=%d"
                    .formatted(FRAME_ALIGNMENT, SMALLEST_MTU_BYTES, LARGEST_MTU_BYTES, mtu));
        }
        if (Integer.bitCount(term) != 1 || term < MTUS_PER_TERM * mtu) {
            throw RuntimeFailure.config(
                    "transport term must be a power of two and hold %d mtus: termBytes=%d mtuBytes=%d"
                            .formatted(MTUS_PER_TERM, term, mtu));
        }
    }

    /** The buffer that the system really grants: a window beyond it would be lost in the kernel. */
    private static int grantedSocketBuffer() {
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
            probe.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
            int granted = Math.min(
                    probe.getOption(StandardSocketOptions.SO_RCVBUF), probe.getOption(StandardSocketOptions.SO_SNDBUF));
            return Math.min(granted, SOCKET_BUFFER_BYTES);
        } catch (IOException e) {
            throw cannotStart("UDP socket", e);
        }
    }

    static ThreadFactory named(String name) {
        return Thread.ofPlatform().name(name).daemon(true).factory();
    }

    static RuntimeFailure cannotStart(String what, Exception cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.CONFIG, "%s must start: %s".formatted(what, cause.getMessage()), cause);
    }
}
