package io.longreel.transport.link;

import java.util.concurrent.TimeUnit;

/**
 * When Aeron gives something up. A trade: it should notice a dead process in seconds (its default is ten), but a garbage collection or a starved core
 * must not look like one, because a client that is timed out cannot come back. With ten runnable threads on two cores a driver was seen to stand
 * still for 0.44 s; the defaults are ten times that. Who is alive is decided by the cluster's own heartbeats, before: these limits free what a dead
 * process left behind, end waits where nobody watches the ranks, and tell a process that was stopped for longer that it is out.
 *
 * @param driverNs silence of the driver after which a client ends
 * @param clientNs silence of a client after which the driver frees what it had, and a client that notices its own ends
 * @param peerNs silence of another driver after which its streams are gone
 * @param lingerNs how long what was closed is kept for readers that are not through with it
 */
public record AeronTimeouts(long driverNs, long clientNs, long peerNs, long lingerNs) {
    public static final AeronTimeouts DEFAULT = new AeronTimeouts(
            TimeUnit.SECONDS.toNanos(8),
            TimeUnit.SECONDS.toNanos(5),
            TimeUnit.SECONDS.toNanos(5),
            TimeUnit.SECONDS.toNanos(1));
}
