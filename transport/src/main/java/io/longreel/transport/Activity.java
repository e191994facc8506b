package io.longreel.transport;

import io.longreel.transport.link.Carrier;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** How a rank gets on, for whoever watches it. Written by the rank's compute thread, read by any. */
final class Activity {
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private final LongSupplier clockNs;
    private final AtomicLong progress = new AtomicLong();
    private final AtomicLong waitedNs = new AtomicLong();
    private final Map<Carrier, AtomicLong> waitedByCarrierNs = new EnumMap<>(Carrier.class);
    private volatile long waitingSinceNs = NOT_WAITING;

    Activity(LongSupplier clockNs) {
        this.clockNs = clockNs;
        for (Carrier carrier : Carrier.values()) {
            waitedByCarrierNs.put(carrier, new AtomicLong());
        }
    }

    /** Something was done: frames were moved, or an operation began or ended. */
    void advance(long count) {
        progress.setRelease(progress.getPlain() + count);
    }

    /** There is nothing to do until a peer has done something; returns the time. */
    long startWaiting() {
        long now = clockNs.getAsLong();
        waitingSinceNs = now;
        return now;
    }

    void stopWaiting() {
        long since = waitingSinceNs;
        if (since != NOT_WAITING) {
            waitingSinceNs = NOT_WAITING;
            waitedNs.setRelease(waitedNs.getPlain() + clockNs.getAsLong() - since);
        }
    }

    /** So much of the time waited was for peers of this kind. */
    void putDown(Carrier farthest, long ns) {
        AtomicLong waited = counterOf(farthest);
        waited.setRelease(waited.getPlain() + ns);
    }

    /** Of waits that are over. */
    long waitedNs(Carrier farthest) {
        return counterOf(farthest).getAcquire();
    }

    private AtomicLong counterOf(Carrier carrier) {
        return Objects.requireNonNull(waitedByCarrierNs.get(carrier));
    }

    long progress() {
        return progress.getAcquire();
    }

    /** A wait that ends during the look may be missing from this one; the next has it. */
    long waitedNs() {
        long since = waitingSinceNs;
        long before = waitedNs.getAcquire();
        boolean waits = since != NOT_WAITING && since == waitingSinceNs;
        return waits ? before + Math.max(0, clockNs.getAsLong() - since) : before;
    }
}
