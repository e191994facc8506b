package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Reads every byte of a training checkpoint and says what is not as it was written: sizes and SHA-256 against the manifest, the CRC32C of every
 * block, whether the slices tile every tensor and come from one step, and whether all values are finite. Goes on behind the first damage, so that
 * all of it is named. Memory: one block. Used by one thread.
 */
public final class CheckpointExamination {
    private static final int READ_BYTES = 1 << 20;
    private static final int DAMAGES_PER_SLICE_MAX = 20;

    /**
     * One thing that is wrong.
     *
     * @param file the damaged file
     * @param tensor kind and name, such as {@code m llm.norm.weight}; empty when the file as a whole is meant
     * @param block index of the block in the tensor's range in this file; -1 when none is meant
     */
    public record Damage(Path file, String tensor, int block, String what) {
        /** For people and logs, on one line. */
        public String line() {
            if (what.contains("file=" + file)) {
                return what; // a reader's own words name the place
            }
            String where = tensor.isEmpty() ? "" : " tensor=" + tensor;
            return "%s: file=%s%s%s".formatted(what, file, where, block < 0 ? "" : " block=" + block);
        }
    }

    /**
     * What was found.
     *
     * @param manifest empty when it cannot be read itself
     * @param readBytes of slices
     * @param blocks whose checksum was right
     */
    public record Result(
            Path directory, Optional<CheckpointManifest> manifest, List<Damage> damages, long readBytes, long blocks) {
        public Result {
            damages = List.copyOf(damages);
        }

        public boolean isSound() {
            return damages.isEmpty();
        }

        /** The first damage, and how many more there are. */
        public String reason() {
            String more = damages.size() > 1 ? " (and %d more)".formatted(damages.size() - 1) : "";
            return isSound() ? "sound" : damages.getFirst().line() + more;
        }
    }

    private final Disk disk;
    private final Path directory;
    private final List<Damage> damages = new ArrayList<>();
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long readBytes;
    private long blocks;

    private CheckpointExamination(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /** Examines a checkpoint of the machine's disks. */
    public static Result of(Path directory) {
        return of(Disk.system(), directory);
    }

    /** Likewise, on any disk. */
    public static Result of(Disk disk, Path directory) {
        CheckpointExamination examination = new CheckpointExamination(disk, directory);
        Optional<CheckpointManifest> manifest = examination.manifest();
        manifest.ifPresent(examination::slices);
        return new Result(directory, manifest, examination.damages, examination.readBytes, examination.blocks);
    }

    private Optional<CheckpointManifest> manifest() {
        try {
            return Optional.of(CheckpointManifest.read(disk, directory));
        } catch (RuntimeFailure e) {
            damages.add(new Damage(directory.resolve(CheckpointManifest.FILE), "", -1, e.getMessage()));
            return Optional.empty();
        }
    }

    private void slices(CheckpointManifest manifest) {
        manifest.slices().forEach(this::slice);
        if (damages.isEmpty()) {
            // What no file shows by itself: a hole, an overlap, counters that differ.
            try {
                TrainingCheckpoint.open(disk, directory, manifest).close();
            } catch (RuntimeFailure e) {
                damages.add(new Damage(directory, "", -1, e.getMessage()));
            }
        }
    }

    private void slice(SliceFile slice) {
        Path file = directory.resolve(slice.name());
        int before = damages.size();
        boolean digestIsRight;
        try (Disk.Input input = disk.open(file)) {
            if (input.sizeBytes() != slice.sizeBytes()) {
                damages.add(new Damage(
                        file,
                        "",
                        -1,
                        "slice must have the size that the manifest gives: expectedBytes=%d foundBytes=%d"
                                .formatted(slice.sizeBytes(), input.sizeBytes())));
            }
            digestIsRight = sha256(input).equals(slice.sha256());
        } catch (IOException e) {
            damages.add(new Damage(file, "", -1, "slice must be readable: reason=" + DiskFailures.reasonOf(e)));
            return;
        }
        content(file);
        if (!digestIsRight && damages.size() == before) {
            damages.add(new Damage(
                    file,
                    "",
                    -1,
                    "slice must be the one that the manifest names (SHA-256): every block is sound by itself, so it is of another"
                            + " checkpoint, or damaged between its tensors"));
        }
    }

    private void content(Path file) {
        int before = damages.size();
        try (SliceReader reader = SliceReader.open(disk, file)) {
            for (SliceReader.Box box : reader.boxes()) {
                for (int block = 0; block < reader.blocks(box); block++) {
                    if (damages.size() - before == DAMAGES_PER_SLICE_MAX) {
                        damages.add(new Damage(file, "", -1, "there is more damage, which is not listed"));
                        return;
                    }
                    block(reader, box, block);
                }
            }
        } catch (RuntimeFailure e) {
            damages.add(new Damage(file, "", -1, e.getMessage()));
        }
    }

    private void block(SliceReader reader, SliceReader.Box box, int block) {
        String tensor = box.kind().label() + " " + box.name();
        try {
            ByteBuffer values = reader.block(box, block);
            blocks++;
            while (values.hasRemaining()) {
                float value = values.getFloat();
                if (!Float.isFinite(value)) {
                    damages.add(new Damage(reader.file(), tensor, block, "values must be finite: found=" + value));
                    return;
                }
            }
        } catch (RuntimeFailure e) {
            damages.add(new Damage(reader.file(), tensor, block, e.getMessage()));
        }
    }

    private String sha256(Disk.Input input) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long sizeBytes = input.sizeBytes();
            if (buffer.capacity() < Math.min(READ_BYTES, sizeBytes)) {
                buffer = ByteBuffer.allocateDirect((int) Math.min(READ_BYTES, sizeBytes));
            }
            for (long at = 0; at < sizeBytes; at += READ_BYTES) {
                buffer.clear().limit((int) Math.min(READ_BYTES, sizeBytes - at));
                input.read(at, buffer);
                digest.update(buffer.flip());
            }
            readBytes += sizeBytes;
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
