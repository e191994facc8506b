package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Waits for host names. Where machines come and go, a name service learns of one some seconds after its first process has begun. Holds no logger: it is
 * asked before the run directory, and with it the log, exists. Any thread.
 */
final class HostNames {
    /** Between two looks. */
    private static final long LOOK_MS = 500;

    static {
        // Else the JVM believes for ten seconds that a name is unknown. Read at its first look for a name.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }

    /** Who knows names. */
    interface Resolver {
        InetAddress[] addressesOf(String host) throws UnknownHostException;
    }

    private final Resolver resolver;
    private final LongSupplier clockNs;
    private final long lookMs;

    HostNames(Resolver resolver, LongSupplier clockNs, long lookMs) {
        this.resolver = resolver;
        this.clockNs = clockNs;
        this.lookMs = lookMs;
    }

    /** The system's. */
    static HostNames system() {
        return new HostNames(InetAddress::getAllByName, System::nanoTime, LOOK_MS);
    }

    /**
     * Returns as soon as the name has an address.
     *
     * @throws RuntimeFailure of category CONFIG when it has none within the limit
     */
    InetAddress await(String host, Duration limit) {
        long startNs = clockNs.getAsLong();
        CountDownLatch never = new CountDownLatch(1);
        while (true) {
            try {
                return resolver.addressesOf(host)[0];
            } catch (UnknownHostException e) {
                if (clockNs.getAsLong() - startNs >= limit.toNanos()) {
                    throw new RuntimeFailure(
                            RuntimeFailure.Category.CONFIG,
                            "the host %s is unknown, also after %d s: check the name, or the name service"
                                    .formatted(host, limit.toSeconds()),
                            e);
                }
            }
            try {
                if (never.await(lookMs, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("nobody counts down");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL, "interrupted while waiting for the name " + host, e);
            }
        }
    }
}
