package io.longreel.chaos.process;

import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A run directory as somebody sees it who only reads: losses, journal, logs. Safe to use while the run writes. */
record ObservedRun(Path root) {
    private static final int LOG_TAIL_LINES = 60;

    /** Loss of every committed step, in order. */
    List<Double> losses() {
        return steps().stream().map(StepMetrics::loss).toList();
    }

    /** Every committed step, in order. */
    List<StepMetrics> steps() {
        return StepMetrics.read(root.resolve("metrics.jsonl"));
    }

    /** Steps that have been committed so far. */
    int committedSteps() {
        return Files.exists(root.resolve("metrics.jsonl")) ? losses().size() : 0;
    }

    <T extends JournalEntry> List<T> journal(Class<T> type) {
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

    /** Ends of all logs, for the message of a failed test. */
    String story() {
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
