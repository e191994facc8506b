package io.longreel.runtime.rank;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory of this process in RAM, as the kernel counts it; zeros where it has no such file.
 *
 * @param residentBytes now
 * @param peakBytes most so far
 */
record ProcessMemory(long residentBytes, long peakBytes) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final ProcessMemory UNKNOWN = new ProcessMemory(0, 0);

    static ProcessMemory now() {
        if (!Files.isReadable(STATUS)) {
            return UNKNOWN;
        }
        try {
            return of(Files.readString(
                    STATUS, StandardCharsets.ISO_8859_1)); // it has the process's name, whatever that is
        } catch (IOException e) {
            return UNKNOWN; // a number to look at, for which no step fails
        }
    }

    /** What the file says. */
    static ProcessMemory of(String status) {
        return new ProcessMemory(bytes(status, "VmRSS:"), bytes(status, "VmHWM:"));
    }

    private static long bytes(String status, String key) {
        return status.lines()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }
}
