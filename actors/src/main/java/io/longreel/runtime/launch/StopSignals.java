package io.longreel.runtime.launch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Ctrl-C and SIGTERM as events instead of the end of the JVM. A shutdown hook would not do: it cannot choose the exit
 * code, and cannot tell a second Ctrl-C from the first. The JDK's one class for signals, {@code sun.misc.Signal}, is
 * exported for good (module jdk.unsupported) but the compiler warns at its name, so it is reached by reflection.
 */
public final class StopSignals {
    /** Exit code of a process that ended by this signal: 128 + number, as shells have it. */
    public static final int INTERRUPTED = 130;

    public static final int TERMINATED = 143;

    private StopSignals() {}

    /**
     * @param stop told the exit code that belongs to the first signal; at the second, the process ends at once
     */
    public static void handle(Consumer<Integer> stop) {
        AtomicInteger seen = new AtomicInteger();
        on("INT", () -> signalled(seen, stop, INTERRUPTED));
        on("TERM", () -> signalled(seen, stop, TERMINATED));
    }

    /** Returns at the first signal from now on. */
    public static void await() {
        CountDownLatch asked = new CountDownLatch(1);
        handle(exitCode -> asked.countDown());
        try {
            asked.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void signalled(AtomicInteger seen, Consumer<Integer> stop, int exitCode) {
        if (seen.incrementAndGet() == 1) {
            stop.accept(exitCode);
        } else {
            Runtime.getRuntime().halt(exitCode);
        }
    }

    private static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        action.run();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException e) {
            throw new IllegalStateException("signals cannot be handled on this JVM: signal=" + name, e);
        }
    }
}
