package io.longreel.chaos.process;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The one place where a system test waits for something that another process does: it looks, parks a moment, looks again, and gives up with
 * a story instead of hanging. The only reader of a clock among the system tests.
 */
final class BoundedWait {
    private static final long LOOK_NS = Duration.ofMillis(20).toNanos();

    private BoundedWait() {}

    /**
     * Returns as soon as the condition holds.
     *
     * @param limit fails the test when it has passed
     * @param story of what was seen instead
     */
    static void until(String what, Duration limit, BooleanSupplier condition, Supplier<String> story) {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError(
                        "%s did not happen within %d s%n%s".formatted(what, limit.toSeconds(), story.get()));
            }
            LockSupport.parkNanos(LOOK_NS);
        }
    }
}
