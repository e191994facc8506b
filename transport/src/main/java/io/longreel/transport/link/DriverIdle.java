package io.longreel.transport.link;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * How a media driver's thread waits: with links over the network open, for moments, as a message may come at any time; without any, for long, as looking costs
 * a spare that only waits a twentieth of a core. The driver's thread idles; any thread opens and closes links.
 */
final class DriverIdle implements IdleStrategy {
    private static final long SHORTEST_PARK_NS = 1_000;
    private static final long LONGEST_PARK_NS = 100_000;
    private static final long QUIET_PARK_NS = 2_000_000;

    private final IdleStrategy busy = new BackoffIdleStrategy(100, 10, SHORTEST_PARK_NS, LONGEST_PARK_NS);
    private final AtomicInteger links = new AtomicInteger();

    void linkOpens() {
        links.incrementAndGet();
    }

    void linkCloses() {
        links.decrementAndGet();
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            busy.reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (links.get() > 0) {
            busy.idle();
        } else {
            LockSupport.parkNanos(QUIET_PARK_NS);
        }
    }

    @Override
    public void reset() {
        busy.reset();
    }
}
