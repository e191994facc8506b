package io.longreel.runtime.rank;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How long a rank has waited for its samples. Others then wait for it, so it could be taken for stuck, although nothing is wrong with its process: the time counts as
 * progress, up to a limit per wait, behind which samples are taken for lost. Written by the rank's compute thread, read by any.
 */
final class DataWait {
    private static final long NOT_WAITING = Long.MIN_VALUE;
    private static final long NS_PER_MS = 1_000_000;

    private final LongSupplier clockNs;
    private final long limitNs;
    private final AtomicLong waitedNs = new AtomicLong();
    private final AtomicLong countedNs = new AtomicLong();
    private volatile long sinceNs = NOT_WAITING;

    /** @param limitNs most of one wait that counts as progress */
    DataWait(LongSupplier clockNs, long limitNs) {
        this.clockNs = clockNs;
        this.limitNs = limitNs;
    }

    void start() {
        sinceNs = clockNs.getAsLong();
    }

    void stop() {
        long tookNs = Math.max(0, clockNs.getAsLong() - sinceNs);
        sinceNs = NOT_WAITING;
        waitedNs.addAndGet(tookNs);
        countedNs.addAndGet(Math.min(tookNs, limitNs));
    }

    /** All waits, the present one included. One that ends during the look may be missing from this one; the next has it. */
    long waitedNs() {
        long beforeNs = waitedNs.get();
        return beforeNs + presentNs();
    }

    /** Milliseconds that count as progress. */
    long progress() {
        long beforeNs = countedNs.get();
        return (beforeNs + Math.min(presentNs(), limitNs)) / NS_PER_MS;
    }

    private long presentNs() {
        long since = sinceNs;
        return since == NOT_WAITING ? 0 : Math.max(0, clockNs.getAsLong() - since);
    }
}
