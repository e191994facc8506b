package io.longreel.runtime.logs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.logs.LogEntry.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogsTest {
    @TempDir
    private Path root;

    @BeforeEach
    void makeARun() throws IOException {
        Files.writeString(root.resolve("run.conf"), "");
        Files.createDirectory(root.resolve("logs"));
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(
                root.resolve("logs").resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String line(String time, String level, String thread, String text) {
        return "2026-11-21 %s %-5s [%s] i.l.Some: %s\n".formatted(time, level, thread, text);
    }

    private RunLogs logs(LogFilter filter) {
        return RunLogs.of(root, filter);
    }

    private static List<String> words(List<LogEntry> entries) {
        return entries.stream()
                .map(entry -> entry.process() + ":" + entry.lines().getFirst().replaceAll(".* ", ""))
                .toList();
    }

    private static LogFilter atLeast(Level level) {
        return new LogFilter(OptionalInt.empty(), Optional.empty(), level, Optional.empty());
    }

    private static LogFilter ofRank(int rank) {
        return new LogFilter(OptionalInt.of(rank), Optional.empty(), Level.TRACE, Optional.empty());
    }

    @Test
    void shouldMergeByTimeAndKeepWhatBelongsTogether() throws IOException {
        write("seed.log", line("01:00:00.000", "INFO", "main", "one") + line("01:00:02.000", "INFO", "main", "three"));
        write("node-0.log", line("01:00:01.000", "ERROR", "main", "two") + "java.lang.Boom\n\tat some.Place\n");
        List<LogEntry> entries = logs(LogFilter.ALL).poll();
        assertEquals(List.of("seed:one", "node-0:two", "seed:three"), words(entries));
        assertEquals(3, entries.get(1).lines().size());
        assertEquals(List.of("node-0:two"), words(logs(atLeast(Level.WARN)).poll()));
    }

    @Test
    void shouldReadOnWhereItStoppedAndNeverTearALine() throws IOException {
        RunLogs logs = logs(LogFilter.ALL);
        assertEquals(List.of(), logs.poll());
        String whole = line("01:00:00.000", "INFO", "main", "größe");
        write("seed.log", whole.substring(0, whole.length() - 3));
        assertEquals(List.of(), logs.poll());
        write("seed.log", whole.substring(whole.length() - 3));
        assertEquals(List.of("seed:größe"), words(logs.poll()));
        write("node-9.log", line("01:00:01.000", "INFO", "main", "later"));
        assertEquals(List.of("node-9:later"), words(logs.poll()));
        assertEquals(List.of(), logs.poll());
    }

    @Test
    void shouldShowWhatAProcessSaysThatCannotLogAnyMore() throws IOException {
        write("node-0.log", line("01:00:00.000", "INFO", "main", "alive"));
        write("node-0.out", "# A fatal error has been detected\n01:00:00.000 WARN  Some: stands-in-the-log\n");
        Files.setLastModifiedTime(
                root.resolve("logs/node-0.out"),
                FileTime.from(LocalDateTime.parse("2026-11-21T01:00:09")
                        .atZone(ZoneId.systemDefault())
                        .toInstant()));
        assertEquals(
                List.of("node-0:alive", "node-0:detected"),
                words(logs(LogFilter.ALL).poll()));
        assertEquals(
                List.of("node-0:detected"), words(logs(atLeast(Level.ERROR)).poll()));
    }

    @Test
    void shouldFollowARankFromNodeToNode() throws IOException {
        LocalDateTime[] now = {LocalDateTime.parse("2026-11-21T01:00:00")};
        try (Journal journal = Journal.begin(
                root, "seed", () -> now[0].atZone(ZoneId.systemDefault()).toInstant())) {
            journal.append(new JournalEntry.Placed(1, List.of("node-0", "node-0", "node-1", "node-1"), null));
            now[0] = now[0].plusSeconds(10);
            journal.append(new JournalEntry.Placed(2, List.of("node-0", "node-0", "node-2", "node-2"), null));
        }
        for (String node : List.of("node-0", "node-1", "node-2")) {
            write(
                    node + ".log",
                    line("01:00:01.000", "INFO", "longreel-rank-2", "early")
                            + line("01:00:02.000", "INFO", "longreel-rank-3", "other")
                            + line("01:00:11.000", "INFO", "main", "late"));
        }
        assertEquals(
                List.of("node-1:early", "node-2:late"), words(logs(ofRank(2)).poll()));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> logs(ofRank(4)));
        assertTrue(failure.getMessage().contains("from 0 to 3"), failure::getMessage);
    }

    @Test
    void shouldNameTheNearestWhenThereIsNoSuchProcess() throws IOException {
        write("node-0.log", "");
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> logs(new LogFilter(OptionalInt.empty(), Optional.of("nod-0"), Level.TRACE, Optional.empty())));
        assertTrue(failure.getMessage().endsWith("did you mean node-0?"), failure::getMessage);
    }

    @Test
    void shouldTakeTimesAsUsersWriteThem() {
        LocalDateTime now = LocalDateTime.parse("2026-11-21T14:00:00");
        assertEquals(now.minusSeconds(90), LogFilter.time("90s", now));
        assertEquals(now.minusDays(1), LogFilter.time("1d", now));
        assertEquals(now.minusMinutes(10), LogFilter.time("13:50", now));
        assertEquals(now.minusHours(1), LogFilter.time("2026-11-21 13:00", now));
        assertEquals(now.withHour(0), LogFilter.time("2026-11-21", now));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> LogFilter.time("yesterday", now));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        LogFilter since = new LogFilter(OptionalInt.empty(), Optional.empty(), Level.TRACE, Optional.of(now));
        LogEntry older =
                new LogEntry("seed", now.minusNanos(1), Optional.of(Level.INFO), Optional.empty(), List.of("line"));
        assertTrue(!since.lets(older, RankHosts.NONE));
    }
}
