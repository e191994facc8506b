package io.longreel.chaos.sim;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * The only clock of a simulation, and everything that is to happen, in order: what happens at the same time happens in the order in which it
 * was asked for. One thread.
 */
final class VirtualTime {
    private static final long US_PER_MS = 1_000;

    private record Due(long atUs, long order, Runnable act) {}

    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparingLong(Due::atUs).thenComparingLong(Due::order));
    private long nowUs;
    private long count;

    long nowUs() {
        return nowUs;
    }

    long nowMs() {
        return nowUs / US_PER_MS;
    }

    /** Things that happened so far. */
    long events() {
        return count - queue.size();
    }

    void afterUs(long delayUs, Runnable act) {
        queue.add(new Due(nowUs + Math.max(0, delayUs), count++, act));
    }

    void afterMs(long delayMs, Runnable act) {
        afterUs(delayMs * US_PER_MS, act);
    }

    /** Lets things happen until {@code isOver}, or until nothing is left to happen before {@code endMs}. */
    void run(BooleanSupplier isOver, long endMs) {
        while (!isOver.getAsBoolean()) {
            Due next = queue.peek();
            if (next == null || next.atUs() > endMs * US_PER_MS) {
                return;
            }
            queue.poll();
            nowUs = next.atUs();
            next.act().run();
        }
    }
}
