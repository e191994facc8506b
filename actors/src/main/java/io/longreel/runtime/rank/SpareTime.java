package io.longreel.runtime.rank;

import io.longreel.ops.memory.NativeCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A process that takes hardly more of the cores' time than nobody else wants, from when this begins until it ends: one that starts and warms up while others
 * train on the same machine. Hardly more rather than nothing else ({@code SCHED_IDLE}), as it says that it lives, too. Linux, where a priority belongs to a
 * thread, and a thread begins with that of the one that starts it. Any thread ends it, once or more.
 */
public final class SpareTime {
    private static final int USUAL = 0;
    /** Of 19: a 28th of what a usual thread gets where both want a core all the time. */
    private static final int NICE = 15;

    private static final int ONE_THREAD = 0;
    private static final Path THREADS = Path.of("/proc/self/task");
    private static final MethodHandle SET = NativeCalls.ofCLibrary(
            "setpriority",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle GET = NativeCalls.ofCLibrary(
            "getpriority", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private boolean isOver;

    private SpareTime(boolean isOver) {
        this.isOver = isOver;
    }

    /** Of a process that is like any other. */
    public static SpareTime none() {
        return new SpareTime(true);
    }

    /**
     * From now on all threads of this process give way; none where the system knows no such thing, or would let this process only go there and not
     * come back (no CAP_SYS_NICE, no RLIMIT_NICE).
     */
    public static SpareTime begin() {
        if (!Files.isDirectory(THREADS) || !canComeBack()) {
            return none();
        }
        move(USUAL, NICE);
        return new SpareTime(false);
    }

    /** All threads are like others' again. */
    public synchronized void end() {
        if (!isOver) {
            isOver = true;
            move(NICE, USUAL);
        }
    }

    synchronized boolean isOver() {
        return isOver;
    }

    /** Tried by a thread that nobody misses. */
    private static boolean canComeBack() {
        boolean[] canComeBack = {false};
        Thread trial = Thread.ofPlatform()
                .name("spare-time-trial")
                .start(() -> canComeBack[0] = set(ownId(), NICE) && set(ownId(), USUAL));
        try {
            trial.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return canComeBack[0];
    }

    private static void move(int from, int to) {
        long moved;
        do { // again: one that had not moved yet may just have started another
            moved = having(from).stream().filter(id -> set(id, to)).count();
        } while (moved > 0);
    }

    private static List<Integer> having(int nice) {
        try (Stream<Path> threads = Files.list(THREADS)) {
            return threads.map(thread -> Integer.parseInt(thread.getFileName().toString()))
                    .filter(id -> get(id) == nice)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int ownId() {
        try {
            return Integer.parseInt(
                    Path.of("/proc/thread-self").toRealPath().getFileName().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** False when the system does not allow it, or the thread is over. */
    private static boolean set(int id, int nice) {
        try {
            return (int) SET.invokeExact(ONE_THREAD, id, nice) == 0;
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }

    /** -1 when the thread is over. */
    private static int get(int id) {
        try {
            return (int) GET.invokeExact(ONE_THREAD, id);
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }
}
