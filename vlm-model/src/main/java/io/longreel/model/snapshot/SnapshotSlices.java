package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.SlicePiece;
import io.longreel.model.checkpoint.SliceWriter;
import io.longreel.model.checkpoint.TrainingState;
import io.longreel.model.disk.Disk;
import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Checkpoint slices out of a vault: the same bytes that the ranks would have written at that moment, while they train on. Any thread but a compute
 * thread.
 */
public final class SnapshotSlices {

    /** A slice on disk. */
    public record Written(int rank, SliceFile file) {}

    private static final Kernels KERNELS = Devices.plain().kernels();

    private SnapshotSlices() {}

    /**
     * Writes the slices of the ranks of this process into {@code directory}; the caller writes the manifest.
     *
     * @throws RuntimeFailure RETRYABLE when the snapshot is not held any more, or damaged, or the disk does not take it
     */
    public static List<Written> write(SnapshotVault vault, SnapshotKey key, Path directory) {
        return write(vault, key, Disk.system(), directory, HeldSlice::own);
    }

    /** Likewise those slices that are {@code wanted}, onto any disk. */
    public static List<Written> write(
            SnapshotVault vault, SnapshotKey key, Disk disk, Path directory, Predicate<HeldSlice> wanted) {
        List<Written> written = new ArrayList<>();
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key)) {
            for (SnapshotSlice slice : pinned.slices()) {
                if (wanted.test(slice.what())) {
                    written.add(new Written(slice.what().rank(), write(vault, slice, disk, directory)));
                }
            }
        }
        return written;
    }

    private static SliceFile write(SnapshotVault vault, SnapshotSlice slice, Disk disk, Path directory) {
        if (!slice.isSound()) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "slice in memory must be undamaged to be written: %s rank=%d"
                            .formatted(slice.what().key(), slice.what().rank()));
        }
        SliceLayout layout = slice.layout();
        SliceBlock widened = vault.take(layout.elements(Section.FROZEN) * Float.BYTES);
        try {
            List<SlicePiece> pieces = new ArrayList<>();
            for (SliceLayout.Piece piece : layout.pieces()) {
                Tensor values = slice.block(piece.section())
                        .elements(layout.type(piece.section()), piece.at(), piece.at() + piece.elements());
                if (values.dtype() != DType.F32) {
                    Tensor wide = widened.elements(DType.F32, piece.at(), piece.at() + piece.elements());
                    KERNELS.elementwise().widen(values, wide);
                    values = wide;
                }
                pieces.add(new SlicePiece(piece.kind(), piece.name(), piece.shape(), piece.from(), values));
            }
            Map<String, Long> counters =
                    Map.of(TrainingState.OPTIMIZER_STEPS, slice.moving().optimizerSteps());
            return SliceWriter.write(disk, directory, slice.what().rank(), counters, pieces);
        } finally {
            vault.leave(widened);
        }
    }
}
