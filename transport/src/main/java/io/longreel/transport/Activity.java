package io.longreel.transport;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** How a rank gets on, for whoever watches it. Written by the rank's compute thread, read by any. */
final class Activity {
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private final LongSupplier clockNs;
    private final AtomicLong progress = new AtomicLong();
    private final AtomicLong waitedNs = new AtomicLong();
    private volatile long waitingSinceNs = NOT_WAITING;

    Activity(LongSupplier clockNs) {
        this.clockNs = clockNs;
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
