package io.longreel.runtime.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts threads whose time is over, or all of them when the server stops. That is all it takes: what a request's thread waits in ends then, and a
 * connection that it reads from or writes to is closed by it. One thread of its own rings.
 */
final class Alarms implements AutoCloseable {
    /** A thread that says goodbye to a client which does not listen is interrupted again. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("longreel-http-alarms").factory());
    private final Set<Alarm> set = ConcurrentHashMap.newKeySet();

    Alarms() {
        timer.setRemoveOnCancelPolicy(true);
    }

    /** The calling thread is interrupted when {@code limit} is over, unless the alarm is closed before. */
    Alarm set(Duration limit) {
        Alarm alarm = new Alarm(Thread.currentThread());
        set.add(alarm);
        alarm.begin(timer.scheduleAtFixedRate(
                () -> alarm.ring(false), limit.toNanos(), AGAIN.toNanos(), TimeUnit.NANOSECONDS));
        return alarm;
    }

    /** Interrupts every thread that has an alarm now. */
    void ringAll() {
        set.forEach(alarm -> alarm.ring(true));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** One thread's alarm, to be closed by it: no interrupt comes later, and none is left over. */
    final class Alarm implements AutoCloseable {
        private final Thread thread;
        private @Nullable Future<?> task;
        private boolean isOver;
        private boolean hasRung;
        private boolean isStop;

        private Alarm(Thread thread) {
            this.thread = thread;
        }

        private synchronized void begin(Future<?> ringing) {
            task = ringing;
        }

        private synchronized void ring(boolean stop) {
            if (!isOver) {
                isStop |= stop && !hasRung;
                hasRung = true;
                thread.interrupt();
            }
        }

        synchronized boolean hasRung() {
            return hasRung;
        }

        /** Whether the server stops; otherwise the time was over. */
        synchronized boolean isStop() {
            return isStop;
        }

        @Override
        public synchronized void close() {
            isOver = true;
            set.remove(this);
            if (task != null) {
                task.cancel(false);
            }
            if (hasRung) {
                Thread.interrupted();
            }
        }
    }
}
