package io.longreel.runtime.http;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How many requests are being handled. The JDK's server counts them, too, but never forgets one whose client closed the connection. Any thread. */
final class Running {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();
    private int count;

    void begin() {
        lock.lock();
        try {
            count++;
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            count--;
            if (count == 0) {
                none.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is none, or the time is over or the thread is interrupted; says whether there is none. */
    boolean awaitNone(Duration limit) {
        long leftNs = limit.toNanos();
        lock.lock();
        try {
            while (count > 0 && leftNs > 0) {
                leftNs = none.awaitNanos(leftNs);
            }
            return count == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
