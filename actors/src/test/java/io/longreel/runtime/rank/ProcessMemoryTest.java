package io.longreel.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ProcessMemoryTest {
    @Test
    void shouldReadWhatTheKernelWritesAndNothingElse() {
        String status =
                "Name:\tjava VmRSS: 9\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t8\n";
        assertEquals(new ProcessMemory(1 << 20, 2 << 20), ProcessMemory.of(status));
        assertEquals(new ProcessMemory(0, 0), ProcessMemory.of("Name:\tother\n"));
    }

    @Test
    void shouldKnowThisProcess() {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "skipped: needs the files of a Linux kernel");
        ProcessMemory now = ProcessMemory.now();
        assertTrue(now.residentBytes() > 10_000_000 && now.peakBytes() >= now.residentBytes() / 2, now::toString);
    }
}
