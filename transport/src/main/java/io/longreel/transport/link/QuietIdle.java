package io.longreel.transport.link;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/** A way to wait that ends early when somebody knows of work. One thread idles; any thread wakes it. */
abstract class QuietIdle implements IdleStrategy {
    private volatile @Nullable Thread idler;

    /** Ends a {@link #sleep}, if there is one. */
    final void unpark() {
        LockSupport.unpark(idler);
    }

    /** Waits for so long, or until it is woken. */
    final void sleep(long ns) {
        idler = Thread.currentThread();
        LockSupport.parkNanos(ns);
    }

    @Override
    public final void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }
}
