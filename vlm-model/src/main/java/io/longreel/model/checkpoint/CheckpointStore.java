package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training checkpoints of a run: {@code RUN/checkpoints/step-00000042}. At every instant at least one checkpoint opens that opened before, as
 * long as the disk keeps what was synced. The order of calls that makes it so:
 *
 * <pre>
 *   prepare   rename step-N to step-N.replaced, sync checkpoints/    only where step-N is whole: it is not deleted before its successor is read back
 *             delete what has no manifest, make step-N, sync         attempts that failed: without a manifest they were no checkpoints
 *   slices    each by DurableFile: bytes forced before the name      in any order, by any process; a crash leaves step-N without a manifest
 *   seal      manifest by DurableFile, sync step-N                   the one instant in which step-N begins to exist; all it names is durable
 *   prune     read back every byte of the newest; only then          a checkpoint that was written wrong costs none that was written right
 *             delete what is older: manifest, sync, the rest         a crash in between leaves no half checkpoint, only an incomplete one
 * </pre>
 *
 * <p>{@link #prepare}, {@link #seal} and {@link #discard} are called by whoever coordinates the run, one at a time; {@link #prune} may run
 * beside them on a thread of its own, as it takes the time to read a checkpoint. Disk errors are RETRYABLE failures.
 */
public final class CheckpointStore {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
    private static final Pattern STEP_DIRECTORY = Pattern.compile("step-\\d{8,}(\\.replaced)?");
    private static final String REPLACED = ".replaced";

    /** A complete checkpoint. */
    public record Stored(Path directory, CheckpointManifest manifest) {}

    /** A checkpoint that is not used, and why not. */
    public record Refused(Path directory, String reason) {
        /** For people. */
        public String line() {
            return "checkpoint %s is damaged and not used: %s".formatted(directory.getFileName(), reason);
        }
    }

    /** The newest sound checkpoint, and those above it that were passed over. */
    public record Choice(Optional<Stored> stored, List<Refused> refused) {
        public Choice {
            refused = List.copyOf(refused);
        }
    }

    private final Path root;
    private final Disk disk;
    /** Checkpoints that this object has read back; guarded by this. */
    private final Set<Path> verified = new HashSet<>();

    private CheckpointStore(Path root, Disk disk) {
        this.root = root;
        this.disk = disk;
    }

    public static CheckpointStore of(Path runDirectory) {
        return of(runDirectory, Disk.system());
    }

    public static CheckpointStore of(Path runDirectory, Disk disk) {
        return new CheckpointStore(runDirectory.resolve("checkpoints"), disk);
    }

    /** The directory of a checkpoint, whether it exists or not. */
    public Path directory(long globalStep) {
        return root.resolve("step-%08d".formatted(globalStep));
    }

    /** Makes an empty directory for slices. Attempts that were never sealed go away; a checkpoint that is there steps aside. */
    public synchronized Path prepare(long globalStep) {
        Path directory = directory(globalStep);
        try {
            DurableFile.createDirectories(disk, root);
            disk.sync(root.resolveSibling("")); // whoever made these two may not have
            verified.remove(directory);
            if (CheckpointManifest.exists(disk, directory)) {
                stepAside(directory);
            }
            deleteAttempts();
            delete(directory);
            disk.createDirectory(directory);
            disk.sync(root);
            return directory;
        } catch (IOException e) {
            throw DiskFailures.retryable("checkpoint could not be begun", directory, e);
        }
    }

    /** Makes a checkpoint of the slices in the directory of the manifest's step; where that fails, gives their room back. */
    public void seal(CheckpointManifest manifest) {
        try {
            manifest.write(disk, directory(manifest.globalStep()));
        } catch (RuntimeFailure e) {
            try {
                discard(manifest.globalStep());
            } catch (RuntimeFailure also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    /** Deletes an attempt that failed, to give its room back; a sealed checkpoint is never touched. */
    public synchronized void discard(long globalStep) {
        Path directory = directory(globalStep);
        try {
            if (!CheckpointManifest.exists(disk, directory)) {
                DurableFile.deleteTree(disk, directory);
            }
        } catch (IOException e) {
            throw DiskFailures.retryable("incomplete checkpoint could not be deleted", directory, e);
        }
    }

    /** The newest checkpoint that is complete and sound; damaged ones are logged and passed over. */
    public Optional<Stored> latest() {
        return choose().stored();
    }

    /** Likewise, with what was passed over and why. Reads every byte of what it gives. */
    public Choice choose() {
        List<Refused> refused = new ArrayList<>();
        for (Path directory : newestFirst()) {
            if (CheckpointManifest.exists(disk, directory)) {
                CheckpointExamination.Result result = CheckpointExamination.of(disk, directory);
                if (result.isSound()) {
                    Stored stored = new Stored(directory, result.manifest().orElseThrow());
                    return new Choice(Optional.of(stored), refused);
                }
                refused.add(refuse(result));
            }
        }
        return new Choice(Optional.empty(), refused);
    }

    /** All that is there, newest first, incomplete ones too. */
    public List<Path> directories() {
        return newestFirst();
    }

    /** Reads a checkpoint's manifest and all bytes of its slices; a difference is a DATA failure. */
    public static CheckpointManifest verify(Path directory) {
        CheckpointExamination.Result result = CheckpointExamination.of(directory);
        if (!result.isSound()) {
            throw RuntimeFailure.data(result.reason());
        }
        return result.manifest().orElseThrow();
    }

    /**
     * Keeps the {@code keep} newest checkpoints that are sound, and whatever is newer than the last of them; deletes older ones, and attempts that
     * were given up. Nothing is deleted before something newer was read back, byte for byte, by this object.
     */
    public void prune(int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("at least one checkpoint must be kept: keep=" + keep);
        }
        List<Path> kept = new ArrayList<>();
        for (Path directory : newestFirst()) {
            boolean complete = CheckpointManifest.exists(disk, directory);
            boolean isCopy = kept.contains(withoutSuffix(directory));
            if (complete && !isCopy && kept.size() < keep) {
                if (isVerified(directory)) {
                    kept.add(directory);
                }
            } else if (!kept.isEmpty()) {
                deleteFor(kept, directory, complete);
            }
        }
    }

    /** Reads back what was not yet; the disk may take its time, so without the lock. */
    private boolean isVerified(Path directory) {
        synchronized (this) {
            if (verified.contains(directory)) {
                return true;
            }
        }
        CheckpointExamination.Result result = CheckpointExamination.of(disk, directory);
        if (!result.isSound()) {
            refuse(result);
            return false;
        }
        synchronized (this) {
            // It may have stepped aside meanwhile, for one that nobody has read yet.
            return CheckpointManifest.exists(disk, directory) && verified.add(directory);
        }
    }

    private synchronized void deleteFor(List<Path> kept, Path old, boolean complete) {
        if (!verified.containsAll(kept)) {
            return;
        }
        try {
            delete(old);
            LOG.info(
                    "checkpoint.deleted directory={} reason=\"{}; newer and read back: {}\"",
                    old,
                    complete ? "old" : "incomplete",
                    kept.stream().map(Path::getFileName).toList());
        } catch (IOException e) {
            throw DiskFailures.retryable("old checkpoint could not be deleted", old, e);
        }
    }

    /** Only one checkpoint is written at a time, so these are of the past. */
    private void deleteAttempts() throws IOException {
        for (Path directory : newestFirst()) {
            if (!CheckpointManifest.exists(disk, directory)) {
                delete(directory);
            }
        }
    }

    private void stepAside(Path directory) throws IOException {
        Path aside = directory.resolveSibling(directory.getFileName() + REPLACED);
        if (CheckpointManifest.exists(disk, aside)
                && !CheckpointExamination.of(disk, directory).isSound()) {
            return; // the one that is aside is the better one
        }
        delete(aside);
        disk.rename(directory, aside);
        disk.sync(root);
    }

    /** The manifest goes first, so that what a crash leaves behind is no checkpoint. */
    private void delete(Path directory) throws IOException {
        if (CheckpointManifest.exists(disk, directory)) {
            disk.delete(directory.resolve(CheckpointManifest.FILE));
            disk.sync(directory);
        }
        DurableFile.deleteTree(disk, directory);
    }

    private static Refused refuse(CheckpointExamination.Result result) {
        LOG.warn("checkpoint.refused directory={} reason=\"{}\"", result.directory(), result.reason());
        return new Refused(result.directory(), result.reason());
    }

    private List<Path> newestFirst() {
        if (!disk.exists(root)) {
            return List.of();
        }
        try {
            return disk.list(root).stream()
                    .filter(path -> STEP_DIRECTORY
                            .matcher(path.getFileName().toString())
                            .matches())
                    .sorted(Comparator.comparingLong(CheckpointStore::stepOf)
                            .reversed()
                            .thenComparing(path -> path.getFileName().toString().endsWith(REPLACED)))
                    .toList();
        } catch (IOException e) {
            throw DiskFailures.unreadable("checkpoints must be readable", root, e);
        }
    }

    private static Path withoutSuffix(Path directory) {
        String name = directory.getFileName().toString();
        return name.endsWith(REPLACED)
                ? directory.resolveSibling(name.substring(0, name.length() - REPLACED.length()))
                : directory.resolveSibling(name + REPLACED); // names nothing that is kept before it
    }

    private static long stepOf(Path directory) {
        String name = directory.getFileName().toString();
        int end = name.endsWith(REPLACED) ? name.length() - REPLACED.length() : name.length();
        return Long.parseLong(name.substring("step-".length(), end));
    }
}
