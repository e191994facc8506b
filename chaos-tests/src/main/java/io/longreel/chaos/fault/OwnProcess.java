package io.longreel.chaos.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * What a process does to itself when a fault strikes: real signals, a real standstill, a real load. The calling thread is the one that is struck. The
 * clock is a steady one, in nanoseconds.
 */
final class OwnProcess {
    private static final long LOOK_NS = Duration.ofMillis(5).toNanos();

    private final LongSupplier clockNs;

    OwnProcess(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** SIGKILL: no handler, no shutdown hook, no flush. Never returns. */
    void kill() {
        shell("kill -KILL %d".formatted(pid()));
        standStill();
    }

    /** SIGSTOP to all threads at once; a process of its own sends SIGCONT later, as nothing here could. Returns afterwards. */
    void stop(Duration lasts) {
        Process shell =
                shell("kill -STOP %d; sleep %.3f; kill -CONT %d".formatted(pid(), lasts.toMillis() / 1000.0, pid()));
        shell.onExit().join();
    }

    /** The calling thread does nothing, whoever interrupts it. */
    void hang(Duration lasts) {
        long startNs = clockNs.getAsLong();
        while (clockNs.getAsLong() - startNs < lasts.toNanos()) {
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    /** The calling thread keeps a core busy. */
    void burn(Duration lasts) {
        long startNs = clockNs.getAsLong();
        while (clockNs.getAsLong() - startNs < lasts.toNanos()) {
            Thread.onSpinWait();
        }
    }

    private static void standStill() {
        while (true) {
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    private static long pid() {
        return ProcessHandle.current().pid();
    }

    /** In a session of its own: who kills this process's group does not reach it. */
    private static Process shell(String script) {
        try {
            return new ProcessBuilder("setsid", "sh", "-c", script)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("a fault needs setsid and sh: " + e.getMessage(), e);
        }
    }
}
