package io.longreel.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpareTimeTest {
    private static final int NICE = 15;
    /** Field of /proc/PID/stat, counted behind the name. */
    private static final int NICE_FIELD = 16;

    @Test
    void shouldSlowAllThreadsAndLetThemComeBackWhicheverEndsIt() throws Exception {
        List<Integer> before = niceOfThreads();
        assumeFalse(before.contains(NICE), "this process gives way already: " + before);
        SpareTime spareTime = SpareTime.begin();
        assumeFalse(spareTime.isOver(), "this system or user cannot give priorities back");
        try {
            assertTrue(niceOfThreads().stream().allMatch(nice -> nice == NICE), niceOfThreads()::toString);
            CountDownLatch over = new CountDownLatch(1);
            FutureTask<Integer> startedInIt = new FutureTask<>(() -> {
                over.await();
                return niceOfThisThread();
            });
            Thread.ofPlatform().start(startedInIt);
            Thread other = Thread.ofPlatform().start(() -> {
                spareTime.end();
                spareTime.end();
            });
            other.join();
            over.countDown();
            assertEquals(0, startedInIt.get());
        } finally {
            spareTime.end();
        }
        assertTrue(niceOfThreads().stream().noneMatch(nice -> nice == NICE), niceOfThreads()::toString);
    }

    private static int niceOfThisThread() throws IOException {
        return nice(Files.readString(Path.of("/proc/thread-self/stat")));
    }

    private static List<Integer> niceOfThreads() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.flatMap(SpareTimeTest::stat).map(SpareTimeTest::nice).toList();
        }
    }

    /** Nothing of a thread that is over. */
    private static Stream<String> stat(Path thread) {
        try {
            return Stream.of(Files.readString(thread.resolve("stat")));
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    private static int nice(String stat) {
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE_FIELD]);
    }
}
