package io.longreel.transport.link;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How the thread waits that resolves names and opens sockets for a media driver: for a millisecond, as Aeron has it, while links open and for a second after;
 * otherwise for long. The resolver's thread idles; any thread wakes it.
 */
final class ResolverIdle extends QuietIdle {
    private static final long AWAKE_PARK_NS = 1_000_000;
    private static final long QUIET_PARK_NS = 50_000_000;
    private static final int AWAKE_LOOKS = 1_000;

    /** The driver itself opens sockets first. */
    private final AtomicInteger looksLeft = new AtomicInteger(AWAKE_LOOKS);

    /** There will be work soon. */
    void wake() {
        looksLeft.set(AWAKE_LOOKS);
        unpark();
    }

    /** Whether it would wait for long now. */
    boolean isQuiet() {
        return looksLeft.get() == 0;
    }

    @Override
    public void idle() {
        int left = looksLeft.getAndUpdate(looks -> Math.max(0, looks - 1));
        sleep(left == 0 ? QUIET_PARK_NS : AWAKE_PARK_NS);
    }

    @Override
    public void reset() {
        looksLeft.set(AWAKE_LOOKS);
    }
}
