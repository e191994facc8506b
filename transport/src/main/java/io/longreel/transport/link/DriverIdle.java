package io.longreel.transport.link;

import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * How a media driver's thread waits: with links of its process open, or work a moment ago (which another process of the node may have brought), for moments;
 * otherwise for long, as looking all the time costs a spare that only waits a twentieth of a core. A look is several system calls, one per socket, so that it looks a
 * few times only before it sleeps: where ranks keep all cores busy, whoever spins takes their time. Opening a link wakes it. The driver's thread idles; any
 * thread opens and closes links.
 */
final class DriverIdle extends QuietIdle {
    private static final long SHORTEST_PARK_NS = 1_000;
    private static final long LONGEST_PARK_NS = 200_000;
    private static final long QUIET_PARK_NS = 10_000_000;
    private static final long SPINS = 5;
    private static final long YIELDS = 2;
    /** Looks after which work counts as long ago: some milliseconds. The driver's own timers are work too, ten times a second. */
    private static final int BUSY_LOOKS = 50;

    private final IdleStrategy busy = new BackoffIdleStrategy(SPINS, YIELDS, SHORTEST_PARK_NS, LONGEST_PARK_NS);
    private final AtomicInteger links = new AtomicInteger();
    private final ResolverIdle resolver = new ResolverIdle();
    private int looksSinceWork;

    /** How the driver's helper waits. */
    ResolverIdle resolver() {
        return resolver;
    }

    void linkOpens() {
        links.incrementAndGet();
        resolver.wake();
        unpark();
    }

    void linkCloses() {
        links.decrementAndGet();
    }

    /** Whether it would wait for long now. */
    boolean isQuiet() {
        return links.get() == 0 && looksSinceWork >= BUSY_LOOKS;
    }

    @Override
    public void idle() {
        if (isQuiet()) {
            sleep(QUIET_PARK_NS);
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
