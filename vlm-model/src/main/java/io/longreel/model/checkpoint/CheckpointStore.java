package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training checkpoints of a run: {@code RUN/checkpoints/step-00000042}. One process prepares a directory, all ranks write their slices into it,
 * then the manifest is written and older ones may be pruned. Called by whoever coordinates the run, never by two at a time.
 */
public final class CheckpointStore {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
    private static final Pattern STEP_DIRECTORY = Pattern.compile("step-\\d{8,}");
    private static final int READ_BYTES = 1 << 20;

    /** A complete checkpoint. */
    public record Stored(Path directory, CheckpointManifest manifest) {}

    private final Path root;

    private CheckpointStore(Path root) {
        this.root = root;
    }

    public static CheckpointStore of(Path runDirectory) {
        return new CheckpointStore(runDirectory.resolve("checkpoints"));
    }

    /** The directory of a checkpoint, whether it exists or not. */
    public Path directory(long globalStep) {
        return root.resolve("step-%08d".formatted(globalStep));
    }

    /** Makes an empty directory for slices. What an earlier attempt left there goes away, a finished checkpoint of the same step too. */
    public Path prepare(long globalStep) {
        Path directory = directory(globalStep);
        try {
            delete(directory);
            Files.createDirectories(directory);
            DurableFile.syncDirectory(root);
            DurableFile.syncDirectory(root.resolveSibling(""));
            return directory;
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    /** The newest checkpoint that is complete and whose slices have their sizes and digests; damaged ones are logged and passed over. */
    public Optional<Stored> latest() {
        for (Path directory : newestFirst()) {
            if (CheckpointManifest.exists(directory)) {
                try {
                    return Optional.of(new Stored(directory, verify(directory)));
                } catch (RuntimeFailure e) {
                    LOG.warn("event=checkpoint.refused directory={} reason=\"{}\"", directory, e.getMessage());
                }
            }
        }
        return Optional.empty();
    }

    /** Reads a checkpoint's manifest and all bytes of its slices; a difference is a DATA failure. */
    public static CheckpointManifest verify(Path directory) {
        CheckpointManifest manifest = CheckpointManifest.read(directory);
        for (SliceFile slice : manifest.slices()) {
            Path file = directory.resolve(slice.name());
            try {
                if (Files.size(file) != slice.sizeBytes() || !sha256(file).equals(slice.sha256())) {
                    throw RuntimeFailure.data(
                            "slice must be what the manifest says (size and sha256), it is damaged: file=" + file);
                }
            } catch (IOException e) {
                throw unusable(file, e);
            }
        }
        return manifest;
    }

    /** Deletes all but the {@code keep} newest complete checkpoints, and incomplete ones that are older than the newest complete one. */
    public void prune(int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("at least one checkpoint must be kept: keep=" + keep);
        }
        int complete = 0;
        for (Path directory : newestFirst()) {
            boolean whole = CheckpointManifest.exists(directory);
            boolean old = whole ? complete >= keep : complete > 0;
            complete += whole ? 1 : 0;
            if (old) {
                try {
                    delete(directory);
                } catch (IOException e) {
                    throw unusable(directory, e);
                }
            }
        }
    }

    /** The manifest goes first, so that what a crash leaves behind is no checkpoint. */
    private static void delete(Path directory) throws IOException {
        if (Files.deleteIfExists(directory.resolve(CheckpointManifest.FILE))) {
            DurableFile.syncDirectory(directory);
        }
        DurableFile.deleteTree(directory);
    }

    private List<Path> newestFirst() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(root)) {
            return children.filter(path -> STEP_DIRECTORY
                            .matcher(path.getFileName().toString())
                            .matches())
                    .sorted(Comparator.comparingLong(CheckpointStore::stepOf).reversed())
                    .toList();
        } catch (IOException e) {
            throw unusable(root, e);
        }
    }

    private static long stepOf(Path directory) {
        return Long.parseLong(directory.getFileName().toString().substring("step-".length()));
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[READ_BYTES];
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                int read = 0;
                while (read >= 0) {
                    read = in.read(buffer);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static RuntimeFailure unusable(Path path, IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA,
                "checkpoint must be readable and writable: path=%s reason=%s (%s)"
                        .formatted(path, cause.getMessage(), cause.getClass().getSimpleName()),
                cause);
    }
}
