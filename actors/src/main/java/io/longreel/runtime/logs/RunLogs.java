package io.longreel.runtime.logs;

import io.longreel.config.NearestKey;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** All logs of a run, merged by time. Processes that begin later are found by later polls. */
public final class RunLogs {
    private final Path root;
    private final LogFilter filter;
    private final Map<Path, LogTail> tails = new TreeMap<>();

    private RunLogs(Path root, LogFilter filter) {
        this.root = root;
        this.filter = filter;
    }

    /**
     * @throws RuntimeFailure of category CONFIG when this is no run, or none that has what the filter asks for
     */
    public static RunLogs of(Path root, LogFilter filter) {
        if (!Files.isRegularFile(root.resolve("run.conf"))) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(root));
        }
        RunLogs logs = new RunLogs(root, filter);
        logs.findFiles();
        filter.process().ifPresent(logs::require);
        filter.rank().ifPresent(rank -> RankHosts.of(logs.journal()).require(rank));
        return logs;
    }

    /** Where the logs are. */
    public Path folder() {
        return root.resolve("logs");
    }

    /** Longest name of a process so far, in characters. */
    public int nameChars() {
        return tails.values().stream()
                .mapToInt(tail -> tail.process().length())
                .max()
                .orElse(0);
    }

    /** What has been written since the last call, in order of time; of what is equally old each process's order stays. */
    public List<LogEntry> poll() {
        findFiles();
        List<LogEntry> entries = new ArrayList<>();
        tails.values().forEach(tail -> entries.addAll(tail.poll()));
        if (entries.isEmpty()) {
            return entries;
        }
        RankHosts hosts = filter.rank().isEmpty() ? RankHosts.NONE : RankHosts.of(journal());
        return entries.stream()
                .sorted(Comparator.comparing(LogEntry::time))
                .filter(entry -> filter.lets(entry, hosts))
                .toList();
    }

    private JournalHistory journal() {
        try {
            return Journal.read(root);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the journal in %s cannot be read: %s".formatted(root, e), e);
        }
    }

    private void findFiles() {
        if (!Files.isDirectory(folder())) {
            return;
        }
        try (Stream<Path> files = Files.list(folder())) {
            files.filter(file -> !tails.containsKey(file))
                    .forEach(file -> LogTail.of(file).ifPresent(tail -> tails.put(file, tail)));
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the logs in %s cannot be listed: %s".formatted(folder(), e.getMessage()),
                    e);
        }
    }

    private void require(String process) {
        List<String> names = tails.values().stream()
                .map(LogTail::process)
                .distinct()
                .sorted()
                .toList();
        if (!names.contains(process)) {
            throw RuntimeFailure.config("there is no log of '%s' in %s%s"
                    .formatted(
                            process,
                            folder(),
                            NearestKey.to(process, names)
                                    .map("; did you mean %s?"::formatted)
                                    .orElseGet(
                                            () -> names.isEmpty() ? "" : "; there are " + String.join(", ", names))));
        }
    }
}
