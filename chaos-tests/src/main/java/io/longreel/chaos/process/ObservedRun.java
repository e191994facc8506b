package io.longreel.chaos.process;

import io.longreel.chaos.fault.Strike;
import io.longreel.chaos.fault.StrikeFile;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A run directory as somebody sees it who only reads: losses, journal, logs. Safe to use while the run writes. */
public record ObservedRun(Path root) {
    private static final int LOG_TAIL_LINES = 60;

    /** Loss of every committed step, in order. */
    public List<Double> losses() {
        return steps().stream().map(StepMetrics::loss).toList();
    }

    /** Every committed step, in order. */
    public List<StepMetrics> steps() {
        return StepMetrics.read(root.resolve("metrics.jsonl"));
    }

    /** Steps that have been committed so far. */
    public int committedSteps() {
        return Files.exists(root.resolve("metrics.jsonl")) ? losses().size() : 0;
    }

    public <T extends JournalEntry> List<T> journal(Class<T> type) {
        try {
            return Journal.read(root)
                    .entries()
                    .filter(type::isInstance)
                    .map(type::cast)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("journal cannot be read: run=" + root, e);
        }
    }

    /** Every sound line of the journal, with its time. */
    public List<JournalLine> journal() {
        try {
            return Journal.read(root).lines();
        } catch (IOException e) {
            throw new UncheckedIOException("journal cannot be read: run=" + root, e);
        }
    }

    /** Strikes of the run's plan of faults, in the order in which they struck. */
    public List<Strike> strikes() {
        return new StrikeFile(root).strikes();
    }

    /** Whether some log or output of some process of the run has a line that matches. */
    public boolean logs(Pattern line) {
        return !logLines(line).isEmpty();
    }

    /** Lines of all logs and outputs that match. */
    public List<String> logLines(Pattern line) {
        Path logs = root.resolve("logs");
        if (!Files.isDirectory(logs)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(logs)) {
            return files.sorted()
                    .flatMap(ObservedRun::lines)
                    .filter(line.asPredicate())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("logs cannot be listed: folder=" + logs, e);
        }
    }

    private static Stream<String> lines(Path log) {
        try {
            return Files.readAllLines(log).stream();
        } catch (IOException e) {
            throw new UncheckedIOException("log cannot be read: file=" + log, e);
        }
    }

    /** Ends of all logs, for the message of a failure. */
    public String story() {
        Path logs = root.resolve("logs");
        if (!Files.isDirectory(logs)) {
            return "no logs in " + root;
        }
        try (Stream<Path> files = Files.list(logs)) {
            return files.sorted().map(ObservedRun::tail).collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException("logs cannot be listed: folder=" + logs, e);
        }
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            int from = Math.max(0, lines.size() - LOG_TAIL_LINES);
            return "--- %s%n%s".formatted(log, String.join("\n", lines.subList(from, lines.size())));
        } catch (IOException e) {
            throw new UncheckedIOException("log cannot be read: file=" + log, e);
        }
    }
}
