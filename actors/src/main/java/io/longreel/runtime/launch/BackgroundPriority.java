package io.longreel.runtime.launch;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.longreel.runtime.node.NodeActor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a process that nobody waits for yet stand behind those that compute: a JVM that starts and warms up takes seconds of processor time, which the ranks of
 * the machine would miss. Linux only, and only where the system lets a process take its priority back, as it lets root. Any thread.
 */
// restricted: native calls are this class's purpose; the JVM flag --enable-native-access allows them.
@SuppressWarnings("restricted")
final class BackgroundPriority implements NodeActor.Standby {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundPriority.class);
    /** A third of the weight of a thread of normal priority: it is warm in time, and says in time that it lives. */
    static final int BACKGROUND_NICE = 5;

    private static final Path TASKS = Path.of("/proc/self/task");
    private static final int PRIO_PROCESS = 0;
    private static final int OWN_THREAD = 0;
    /** Threads that were started by others while they were looked at are found by the next look. */
    private static final int LOOKS = 5;

    private static final MethodHandle SETPRIORITY = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("setpriority"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private final int normalNice;
    private boolean isTaken;

    private BackgroundPriority(int normalNice, boolean isTaken) {
        this.normalNice = normalNice;
        this.isTaken = isTaken;
    }

    /** Of this process, whose priority is normal now. */
    static BackgroundPriority ofThisProcess() {
        return new BackgroundPriority(ownNice(), false);
    }

    /** Of this process, which its parent may have forked with a lowered priority; the parent's own is normal. */
    static BackgroundPriority ofChild() {
        int normal = ProcessHandle.current()
                .parent()
                .map(parent -> nice(Path.of("/proc", Long.toString(parent.pid()))))
                .orElse(ownNice());
        return new BackgroundPriority(normal, ownNice() == BACKGROUND_NICE && normal < BACKGROUND_NICE);
    }

    /** Lowers the priority of a process that was started just now, before it has threads, if this one could raise its own again. */
    static void lower(Process child) {
        int normal = ownNice();
        if (normal < BACKGROUND_NICE && canBeRaised(normal)) {
            set(Math.toIntExact(child.pid()), BACKGROUND_NICE);
        }
    }

    /** Such that there is nothing to lower where the system does not tell. */
    private static int ownNice() {
        return nice(Path.of("/proc/self"));
    }

    /** Whether the priority is lowered now. */
    synchronized boolean isTaken() {
        return isTaken;
    }

    /** Lowers the priority of all threads of this process, if it is not yet, and can be raised again. */
    @Override
    public synchronized void waits() {
        if (!isTaken && normalNice < BACKGROUND_NICE && canBeRaised(normalNice)) {
            isTaken = true;
            setAll(normalNice, BACKGROUND_NICE);
            LOG.info("priority.lowered nice={}", BACKGROUND_NICE);
        }
    }

    /** Raises the priority again if it was lowered. */
    @Override
    public synchronized void needed() {
        if (isTaken) {
            isTaken = false;
            setAll(BACKGROUND_NICE, normalNice);
            LOG.info("priority.restored nice={}", normalNice);
        }
    }

    /** Tried on a thread that does nothing else. */
    private static boolean canBeRaised(int normal) {
        int[] statuses = {-1, -1};
        Thread probe = Thread.ofPlatform().name("longreel-priority-probe").start(() -> {
            statuses[0] = set(OWN_THREAD, BACKGROUND_NICE);
            statuses[1] = set(OWN_THREAD, normal);
        });
        try {
            probe.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return statuses[0] == 0 && statuses[1] == 0;
    }

    private static void setAll(int from, int to) {
        for (int look = 0; look < LOOKS; look++) {
            List<Path> left =
                    tasks().stream().filter(task -> nice(task) == from).toList();
            if (left.isEmpty()) {
                return;
            }
            // One that has ended since is no failure.
            left.forEach(task -> set(Integer.parseInt(task.getFileName().toString()), to));
        }
    }

    private static List<Path> tasks() {
        try (Stream<Path> tasks = Files.list(TASKS)) {
            return tasks.toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the system must name the threads of this process", e);
        }
    }

    /** Nice value of a task; that of nobody when it has ended, or the system does not tell. */
    static int nice(Path task) {
        try {
            String stat = Files.readString(task.resolve("stat"));
            // The name, in parentheses, may hold anything; the nice value is the 17th field behind it.
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException e) { // it has ended, perhaps while it was read
            return Integer.MAX_VALUE;
        }
    }

    private static int set(int thread, int nice) {
        try {
            return (int) SETPRIORITY.invokeExact(PRIO_PROCESS, thread, nice);
        } catch (Throwable e) {
            throw new IllegalStateException("a native call must not throw", e);
        }
    }
}
