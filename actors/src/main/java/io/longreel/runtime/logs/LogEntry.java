package io.longreel.runtime.logs;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a process said at once: a line, and those that belong to it, such as a stack trace.
 *
 * @param process the log's name: {@code seed}, or the node's id
 * @param time by the clock and in the zone of the machine that wrote it
 * @param level empty for what went past the log: the JVM's and the system's own words
 * @param thread empty likewise
 * @param lines as written, one at least
 */
public record LogEntry(
        String process, LocalDateTime time, Optional<Level> level, Optional<String> thread, List<String> lines) {

    /** How much it matters, from little to much. */
    public enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    public LogEntry {
        lines = List.copyOf(lines);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("an entry must have a line: process=" + process);
        }
    }

    LogEntry and(String line) {
        return new LogEntry(
                process,
                time,
                level,
                thread,
                Stream.concat(lines.stream(), Stream.of(line)).toList());
    }
}
