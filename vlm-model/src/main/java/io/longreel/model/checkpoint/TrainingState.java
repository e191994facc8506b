package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.FlatSpace;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a rank puts into its slice of a training checkpoint and takes out again: an even share of all weights, which every rank has in full, and its
 * own optimizer state. Called by the rank's compute thread.
 */
public final class TrainingState {
    private static final String OPTIMIZER_STEPS = "optimizer.steps";

    private TrainingState() {}

    /**
     * Writes the slice of {@code rank} of {@code ranks}.
     *
     * @param weights all weights by name (frozen ones and adapters too), equal on all ranks
     * @param optimizer null when nothing trains at the moment
     */
    public static SliceFile save(
            Path directory, int rank, int ranks, Map<String, Tensor> weights, @Nullable ShardedAdamW optimizer) {
        List<SlicePiece> pieces = new ArrayList<>(weightShare(rank, ranks, weights));
        long steps = 0;
        if (optimizer != null) {
            for (ShardedAdamW.StatePiece state : optimizer.statePieces()) {
                pieces.add(new SlicePiece(StateKind.M, state.name(), state.shape(), state.from(), state.m()));
                pieces.add(new SlicePiece(StateKind.V, state.name(), state.shape(), state.from(), state.v()));
            }
            steps = optimizer.steps();
        }
        return SliceWriter.write(directory, rank, Map.of(OPTIMIZER_STEPS, steps), pieces);
    }

    /** Fills all weights and this rank's optimizer state from a checkpoint that any mesh wrote. Its names must be exactly those of the model. */
    public static void restore(
            TrainingCheckpoint checkpoint, Map<String, Tensor> weights, @Nullable ShardedAdamW optimizer) {
        for (String name : checkpoint.names(StateKind.WEIGHT)) {
            if (!weights.containsKey(name)) {
                throw RuntimeFailure.data(
                        "training checkpoint must be of this model and stage: it has a tensor more, tensor=" + name);
            }
        }
        weights.forEach((name, tensor) -> checkpoint.read(StateKind.WEIGHT, name, tensor));
        if (optimizer != null) {
            for (ShardedAdamW.StatePiece state : optimizer.statePieces()) {
                checkpoint.read(StateKind.M, state.name(), state.shape(), state.from(), state.m());
                checkpoint.read(StateKind.V, state.name(), state.shape(), state.from(), state.v());
            }
            optimizer.resumeAt(Math.toIntExact(checkpoint.counter(OPTIMIZER_STEPS)));
        }
    }

    private static List<SlicePiece> weightShare(int rank, int ranks, Map<String, Tensor> weights) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> sizes.put(name, tensor.elements()));
        FlatSpace space = FlatSpace.of(sizes);
        long[] bounds = space.evenBounds(ranks);
        List<SlicePiece> pieces = new ArrayList<>();
        for (FlatSpace.Piece piece : space.pieces(bounds[rank], bounds[rank + 1])) {
            Tensor whole = weights.get(piece.name());
            if (whole == null) {
                throw new IllegalStateException("weights must not change while they are saved: name=" + piece.name());
            }
            Tensor part = Tensor.of(
                    whole.segment().asSlice(piece.from() * Float.BYTES, piece.elements() * Float.BYTES),
                    DType.F32,
                    Math.toIntExact(piece.elements()));
            pieces.add(new SlicePiece(StateKind.WEIGHT, piece.name(), whole.shape(), piece.from(), part));
        }
        return pieces;
    }
}
