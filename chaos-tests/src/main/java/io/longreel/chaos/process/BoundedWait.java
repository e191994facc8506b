package io.longreel.chaos.process;

import io.longreel.config.RuntimeFailure;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The one place where something waits for what another process does: it looks, parks a moment, looks again, and gives up with a story instead of
 * hanging.
 */
public final class BoundedWait {
    private static final long LOOK_NS = Duration.ofMillis(20).toNanos();

    private BoundedWait() {}

    /**
     * Returns as soon as the condition holds.
     *
     * @param limit when it has passed, the wait fails
     * @param story of what was seen instead
     */
    public static void until(String what, Duration limit, BooleanSupplier condition, Supplier<String> story) {
        if (!within(limit, condition)) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL,
                    "%s did not happen within %d s%n%s".formatted(what, limit.toSeconds(), story.get()));
        }
    }

    /** Returns as soon as the condition holds, or when the limit has passed: whether it held. */
    public static boolean within(Duration limit, BooleanSupplier condition) {
        long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > limit.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NS);
        }
        return true;
    }

    /** Lets time pass: for what has to last, or must be seen not to happen. */
    public static void pass(Duration time) {
        within(time, () -> false);
    }
}
