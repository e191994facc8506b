package io.longreel.transport;

import io.longreel.transport.link.Wakeup;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Why an endpoint's work is given up, once it is, and the one place where its compute thread sleeps. The first reason stays. Raising it wakes the
 * sleeper; so does anything else that may have changed what the thread waits for.
 */
final class AbortSignal implements Wakeup {
    private final int generation;
    private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
    private volatile @Nullable Thread sleeper;

    AbortSignal(int generation) {
        this.generation = generation;
    }

    void raise(String why) {
        reason.compareAndSet(null, why);
        wake();
    }

    /** Throws when the signal was raised. */
    void check() {
        String why = reason.get();
        if (why != null) {
            throw new CommunicationAborted(generation, why);
        }
    }

    /** Sleeps until woken, at most this long, unless there is already something to do. Sleeper first, then look: no wake-up is lost. */
    void sleepUnless(BooleanSupplier ready, long durationNs) {
        sleeper = Thread.currentThread();
        try {
            if (reason.get() == null && !ready.getAsBoolean()) {
                LockSupport.parkNanos(this, durationNs);
            }
        } finally {
            sleeper = null;
        }
    }

    @Override
    public void wake() {
        Thread thread = sleeper;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
