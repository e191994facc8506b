package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.SlicePiece;
import io.longreel.model.checkpoint.SliceWriter;
import io.longreel.model.checkpoint.TrainingState;
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

    private SnapshotSlices() {}

    /**
     * Writes the slices of the ranks of this process into {@code directory}; the caller writes the manifest.
     *
     * @throws RuntimeFailure RETRYABLE when the snapshot is not held any more, or damaged
     */
    public static List<Written> write(SnapshotVault vault, SnapshotKey key, Path directory) {
        return write(vault, key, directory, HeldSlice::own);
    }

    /** Writes those slices that {@code wanted} names, as {@link #write(SnapshotVault, SnapshotKey, Path)} does its own. */
    public static List<Written> write(
            SnapshotVault vault, SnapshotKey key, Path directory, Predicate<HeldSlice> wanted) {
        List<Written> written = new ArrayList<>();
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key)) {
            for (SnapshotSlice slice : pinned.slices()) {
                if (wanted.test(slice.what())) {
                    written.add(new Written(slice.what().rank(), write(slice, directory)));
                }
            }
        }
        return written;
    }

    private static SliceFile write(SnapshotSlice slice, Path directory) {
        if (!slice.isSound()) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "slice in memory must be undamaged to be written: %s rank=%d"
                            .formatted(slice.what().key(), slice.what().rank()));
        }
        List<SlicePiece> pieces = new ArrayList<>();
        for (SliceLayout.Piece piece : slice.layout().pieces()) {
            pieces.add(new SlicePiece(
                    piece.kind(),
                    piece.name(),
                    piece.shape(),
                    piece.from(),
                    slice.block(piece.section()).elements(piece.at(), piece.at() + piece.elements())));
        }
        Map<String, Long> counters =
                Map.of(TrainingState.OPTIMIZER_STEPS, slice.moving().optimizerSteps());
        return SliceWriter.write(directory, slice.what().rank(), counters, pieces);
    }
}
