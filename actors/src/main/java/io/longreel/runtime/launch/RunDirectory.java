package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.Curriculum;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.trace.TraceFile;
import io.longreel.runtime.trace.TraceInstruments;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one run, and the lock that keeps a second process out of it.
 *
 * <pre>
 *   run.conf         the configuration as resolved         checkpoints/   training checkpoints
 *   journal*.jsonl   the supervisors' decisions, by term   model/         the exported model
 *   metrics.jsonl    one line per committed step           needle-*       results of needle tests
 *   report.html      the closing report                    logs/          one file per process
 *   haystack.mp4     footage, when the run makes its own   models/        what each stage left
 *   tensorboard/     the same numbers for TensorBoard
 *   dashboard.json   where it is watched and controlled, while it is
 *   run.lock         held while a process works on the run
 * </pre>
 *
 * <p>Whatever is deleted here is deleted by name: files that somebody else put beside them stay. The system drops the
 * lock with the process.
 */
public final class RunDirectory implements AutoCloseable {
    /** Holds the run that a new one replaces, until the new one has begun. */
    private static final String REPLACED = ".replaced";

    private static final String TENSORBOARD = "tensorboard";

    /** Where the run is watched and controlled; there while its server is open. */
    private static final String ADDRESS = "dashboard.json";

    private static final List<String> OWN_NAMES = List.of(
            "run.conf",
            "metrics.jsonl",
            TENSORBOARD,
            ADDRESS,
            "report.html",
            "checkpoints",
            "model",
            "models",
            "logs",
            TraceInstruments.FOLDER,
            TraceFile.NAME,
            "faults.jsonl",
            "orders.jsonl",
            "run.lock",
            ".reserve",
            Curriculum.GENERATED_FOOTAGE);

    /** Between the machine of a shared disk and this one. */
    private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(2);

    /** Name of the seed's process among the logs; workers have their node ids. */
    static final String SEED = "seed";

    /** What a new run may do to what it finds. */
    public enum Existing {
        /** Nothing: a directory that is not empty is refused. */
        KEEP,
        /** Replace a run that has finished. */
        REPLACE_FINISHED,
        /** Replace any run. */
        REPLACE
    }

    private final Path root;
    private @Nullable FileChannel lock;
    /** Tells the file that this process has locked from one that another has made in its place. */
    private Optional<Object> lockKey = Optional.empty();

    private RunDirectory(Path root) {
        this.root = root;
    }

    /** The directory without a lock, for reading. */
    public static RunDirectory at(Path root) {
        return new RunDirectory(root.toAbsolutePath().normalize());
    }

    public Path root() {
        return root;
    }

    public Path configFile() {
        return root.resolve("run.conf");
    }

    public Path metricsFile() {
        return root.resolve("metrics.jsonl");
    }

    /** What TensorBoard is pointed at. */
    Path tensorBoardFolder() {
        return root.resolve(TENSORBOARD);
    }

    Path addressFile() {
        return root.resolve(ADDRESS);
    }

    /** Room that is given up when the disk is full. */
    Path reserveFile() {
        return root.resolve(".reserve");
    }

    public Path reportFile() {
        return root.resolve("report.html");
    }

    public Path logFile(String process) {
        return root.resolve("logs").resolve(process + ".log");
    }

    /** What a forked process prints itself, or the system prints about it. */
    public Path outputFile(String process) {
        return root.resolve("logs").resolve(process + ".out");
    }

    /** Whether it holds a run that somebody can go on with. */
    public boolean hasBegun() {
        return Files.isRegularFile(configFile());
    }

    /** Refuses what a new run must not touch; changes nothing. */
    public void check(Existing existing) {
        boolean isFree = !Files.exists(root) || children().isEmpty();
        if (isFree || isLeftover()) {
            return;
        }
        if (!isRun()) {
            throw RuntimeFailure.config(
                    "%s is not empty and not a run of Longreel: name another folder with --out".formatted(root));
        }
        boolean mayReplace = existing == Existing.REPLACE || (existing == Existing.REPLACE_FINISHED && isFinished());
        if (!mayReplace) {
            throw RuntimeFailure.config((isFinished()
                            ? "%s holds a finished run: name another folder with --out, or replace it with --overwrite"
                            : "%s holds a run that is not finished: go on with bin/longreel resume, name another folder with --out,"
                                    + " or replace it with --overwrite")
                    .formatted(root));
        }
    }

    /**
     * Takes the directory for a new run. What {@link #check} lets be replaced is set aside, until {@link #settle} says that the new run has begun, or
     * {@link #discard} brings it back.
     */
    public void create(Existing existing, String configText) {
        check(existing);
        try {
            Files.createDirectories(root);
            acquire();
            setAside();
            deleteOldLogs();
            Files.createDirectories(root.resolve("logs"));
            DurableFile.write(configFile(), configText.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Takes the directory for a run that goes on. */
    public void reopen() {
        if (!Files.isRegularFile(configFile())) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(root));
        }
        try {
            acquire();
            Files.createDirectories(root.resolve("logs"));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /**
     * Takes the directory from a process that is gone, or cut off from the rest of its job. What lock it may still hold is on a file that has no
     * name any more; what it may still write is refused by the journal's terms.
     */
    void takeOver() {
        try {
            if (isLocked()) {
                Files.deleteIfExists(root.resolve("run.lock"));
            }
            acquire();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** The new run has begun: what it replaced goes away. */
    public void settle() {
        try {
            DurableFile.deleteTree(root.resolve(REPLACED));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Everything of the run goes away, and what it was to replace comes back: it ended before it began. */
    public void discard() {
        try {
            close();
            deleteOwn();
            bringBack();
            if (children().isEmpty()) {
                Files.deleteIfExists(root);
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** What counts of the journal. */
    public JournalHistory journal() {
        try {
            return Journal.read(root);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Whether the run has written its model and its report. */
    public boolean isFinished() {
        JournalHistory journal = journal();
        return journal.last(JournalEntry.ModelExported.class).isPresent()
                && journal.last(JournalEntry.class).orElseThrow() instanceof JournalEntry.RunEnded end
                && end.exitCode() == 0;
    }

    /** Whether another process works on the run. */
    public boolean isLocked() {
        Path file = root.resolve("run.lock");
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock held = channel.tryLock()) {
            return held == null;
        } catch (OverlappingFileLockException e) { // held by this very process
            return true;
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Stages whose needle test is on disk. */
    Set<Integer> evaluatedStages() {
        Set<Integer> stages = new TreeSet<>();
        journal().entries().forEach(entry -> {
            if (entry instanceof JournalEntry.EvaluationFinished finished) {
                stages.add(finished.stage());
            }
        });
        return stages;
    }

    /** Steps, counted from 0 over the run, whose samples were found to be harmful. */
    Set<Long> skippedSteps() {
        Set<Long> steps = new TreeSet<>();
        journal().entries().forEach(entry -> {
            if (entry instanceof JournalEntry.SamplesQuarantined quarantined && quarantined.isSkipped()) {
                steps.add(quarantined.globalStep());
            }
        });
        return steps;
    }

    /** Generation of the newest mesh incarnation; 0 when there was none. */
    int lastGeneration() {
        return journal().lastGeneration();
    }

    @Override
    public void close() {
        FileChannel held = lock;
        if (held != null) {
            lock = null;
            try {
                boolean isStillOurs = lockKey.equals(keyOfLock());
                held.close();
                if (isStillOurs) {
                    Files.deleteIfExists(root.resolve("run.lock"));
                }
            } catch (IOException e) {
                throw unusable(e);
            }
        }
    }

    private void acquire() throws IOException {
        FileChannel channel =
                FileChannel.open(root.resolve("run.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException e) { // held by this very process
            held = null;
        }
        if (held == null) {
            channel.close();
            throw RuntimeFailure.config(
                    "another process works on the run in %s: wait for its end, or name another folder".formatted(root));
        }
        lock = channel;
        lockKey = keyOfLock();
    }

    private Optional<Object> keyOfLock() throws IOException {
        Path file = root.resolve("run.lock");
        return Files.exists(file)
                ? Optional.ofNullable(
                        Files.readAttributes(file, BasicFileAttributes.class).fileKey())
                : Optional.empty();
    }

    /**
     * The log of this very process is open already when a new run takes the directory, and so are those of workers that were started by hand and were
     * faster: what has been written since this process began is not old.
     */
    private void deleteOldLogs() throws IOException {
        FileTime began = FileTime.from(ProcessHandle.current()
                .info()
                .startInstant()
                .orElse(Instant.MAX)
                .minus(CLOCKS_DIFFER));
        Path own = logFile(SEED);
        Path folder = root.resolve("logs");
        if (Files.isDirectory(folder)) {
            try (Stream<Path> logs = Files.list(folder)) {
                for (Path log : logs.filter(log -> !log.equals(own)).toList()) {
                    if (Files.getLastModifiedTime(log).compareTo(began) < 0) {
                        Files.delete(log);
                    }
                }
            }
        }
    }

    private void deleteOwn() throws IOException {
        for (Path child : children().stream().filter(this::isOwn).toList()) {
            DurableFile.deleteTree(child);
        }
    }

    private void setAside() throws IOException {
        Path replaced = root.resolve(REPLACED);
        DurableFile.deleteTree(replaced);
        for (Path child : children().stream().filter(this::isOwn).toList()) {
            String name = child.getFileName().toString();
            if (!name.equals("run.lock") && !name.equals("logs")) {
                Files.createDirectories(replaced);
                Files.move(child, replaced.resolve(name));
            }
        }
    }

    private void bringBack() throws IOException {
        Path replaced = root.resolve(REPLACED);
        if (Files.isDirectory(replaced)) {
            try (Stream<Path> kept = Files.list(replaced)) {
                for (Path child : kept.toList()) {
                    Files.move(child, root.resolve(child.getFileName()));
                }
            }
            Files.delete(replaced);
        }
    }

    private boolean isRun() {
        return Files.isRegularFile(configFile())
                || children().stream()
                        .anyMatch(child -> Journal.isPart(child.getFileName().toString()));
    }

    /** Only what a process leaves that was killed before it had written anything. */
    private boolean isLeftover() {
        return children().stream().allMatch(child -> {
            String name = child.getFileName().toString();
            return name.equals("run.lock") || name.equals("logs");
        });
    }

    private boolean isOwn(Path child) {
        String name = child.getFileName().toString();
        return OWN_NAMES.contains(name)
                || Journal.isPart(name)
                || journal()
                        .entries()
                        .anyMatch(entry -> entry instanceof JournalEntry.EvaluationFinished finished
                                && (name.equals(finished.name() + ".json") || name.equals(finished.name() + ".png")));
    }

    private List<Path> children() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(root)) {
            return children.toList();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private RuntimeFailure unusable(IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.CONFIG,
                "the run directory %s cannot be used: %s (%s)"
                        .formatted(root, cause.getMessage(), cause.getClass().getSimpleName()),
                cause);
    }
}
