package io.longreel.transport.link;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * How a media driver's thread waits: with links of its process open, or work a moment ago (which another process of the node may have brought), for moments;
 * otherwise for long, as looking all the time costs a spare that only waits a twentieth of a core. The driver's thread idles; any thread opens and closes links.
 */
final class DriverIdle implements IdleStrategy {
    private static final long SHORTEST_PARK_NS = 1_000;
    private static final long LONGEST_PARK_NS = 100_000;
    private static final long QUIET_PARK_NS = 2_000_000;
    /** Looks after which work counts as long ago: some milliseconds. */
    private static final int BUSY_LOOKS = 200;

    private final IdleStrategy busy = new BackoffIdleStrategy(100, 10, SHORTEST_PARK_NS, LONGEST_PARK_NS);
    private final AtomicInteger links = new AtomicInteger();
    private int looksSinceWork;

    void linkOpens() {
        links.incrementAndGet();
    }

    void linkCloses() {
        links.decrementAndGet();
    }

    /** Whether it would wait for long now. */
    boolean isQuiet() {
        return links.get() == 0 && looksSinceWork >= BUSY_LOOKS;
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (isQuiet()) {
            LockSupport.parkNanos(QUIET_PARK_NS);
        } else {
            looksSinceWork = Math.min(BUSY_LOOKS, looksSinceWork + 1);
            busy.idle();
        }
    }

    @Override
    public void reset() {
        looksSinceWork = 0;
        busy.reset();
    }
}
