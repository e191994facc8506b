package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.launch.RunDirectory;
import io.longreel.runtime.logs.LogEntry;
import io.longreel.runtime.logs.LogFilter;
import io.longreel.runtime.logs.RunLogs;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code logs RUN}: what the processes of a run have logged, by time. */
@Command(
        name = "logs",
        description = "Shows the logs of a run's processes as one, by time.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class LogsCommand implements Callable<Integer> {
    /** Files on another machine say nothing when they grow: they are looked at so often. */
    private static final long LOOK_MS = 250;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @ArgGroup
    private @Nullable Whose whose;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on until the run is over.")
    private boolean follows;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            defaultValue = "TRACE",
            description = "Least level shown: ${COMPLETION-CANDIDATES} (default: all).")
    private LogEntry.Level level = LogEntry.Level.TRACE;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "Leave out what is older: a time ago (90s, 10m, 2h, 1d), of today (14:05) or with its day (2026-11-21T14:05).")
    private @Nullable String since;

    /** One of both: a rank is always on one node. */
    private static final class Whose {
        @Option(names = "--rank", paramLabel = "N", description = "Of this rank only, wherever it was.")
        private @Nullable Integer rank;

        @Option(names = "--node", paramLabel = "ID", description = "Of this process only: a node's id, or 'seed'.")
        private @Nullable String node;
    }

    @Override
    public Integer call() {
        RunDirectory directory = RunDirectory.at(run);
        RunLogs logs = RunLogs.of(directory.root(), filter());
        print(logs.poll(), logs.nameChars());
        if (follows) {
            follow(directory, logs);
        }
        return Main.OK;
    }

    private LogFilter filter() {
        Optional<LocalDateTime> start =
                Optional.ofNullable(since).map(text -> LogFilter.time(text, LocalDateTime.now(ZoneId.systemDefault())));
        Integer rank = whose == null ? null : whose.rank;
        return new LogFilter(
                rank == null ? OptionalInt.empty() : OptionalInt.of(rank),
                Optional.ofNullable(whose).map(chosen -> chosen.node),
                level,
                start);
    }

    private void follow(RunDirectory directory, RunLogs logs) {
        try (WatchService watch = logs.folder().getFileSystem().newWatchService()) {
            if (Files.isDirectory(logs.folder())) {
                logs.folder()
                        .register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
            }
            boolean isOver = false;
            while (!isOver && !spec.commandLine().getOut().checkError()) { // who reads may have had enough
                WatchKey grown = watch.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (grown != null) {
                    grown.pollEvents();
                    grown.reset();
                }
                // Asked before the last look: what is written until the lock goes is seen.
                isOver = grown == null && !directory.isLocked();
                print(logs.poll(), logs.nameChars());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the logs in %s cannot be watched: %s".formatted(logs.folder(), e.getMessage()),
                    e);
        }
    }

    private void print(List<LogEntry> entries, int nameChars) {
        PrintWriter out = spec.commandLine().getOut();
        for (LogEntry entry : entries) {
            String name = entry.process()
                    + " ".repeat(Math.max(0, nameChars - entry.process().length()));
            entry.lines().forEach(line -> out.println(name + " | " + line));
        }
        out.flush();
    }
}
