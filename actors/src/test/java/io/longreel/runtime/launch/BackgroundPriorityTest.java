package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackgroundPriorityTest {
    /** Where the system would not give the priority back, it must not have been given away. */
    @Test
    void shouldLowerAllThreadsAndRaiseThemAgain() throws Exception {
        Set<Integer> before = niceValues();
        BackgroundPriority priority = BackgroundPriority.ofThisProcess();
        priority.waits();
        try {
            Set<Integer> expected = priority.isTaken() ? Set.of(BackgroundPriority.BACKGROUND_NICE) : before;
            assertEquals(expected, niceValues());
            Thread later = Thread.ofPlatform().name("later").start(() -> {});
            later.join();
            assertEquals(expected, niceValues());
        } finally {
            priority.needed();
        }
        assertFalse(priority.isTaken());
        assertEquals(before, niceValues());
        priority.needed();
        assertEquals(before, niceValues());
    }

    @Test
    void shouldLowerAChildAsItCouldItself() throws Exception {
        BackgroundPriority own = BackgroundPriority.ofThisProcess();
        own.waits();
        boolean isAllowed = own.isTaken();
        own.needed();
        Process child = new ProcessBuilder("cat").start();
        try {
            int before = BackgroundPriority.nice(Path.of("/proc/self"));
            BackgroundPriority.lower(child);
            int after = BackgroundPriority.nice(Path.of("/proc", Long.toString(child.pid())));
            assertEquals(isAllowed ? BackgroundPriority.BACKGROUND_NICE : before, after);
        } finally {
            child.destroy();
        }
    }

    private static Set<Integer> niceValues() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(BackgroundPriority::nice)
                    .filter(nice -> nice != Integer.MAX_VALUE)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
