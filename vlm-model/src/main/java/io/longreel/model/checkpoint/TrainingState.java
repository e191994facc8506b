package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a rank puts into its slice of a training checkpoint and takes out again: its share of all weights, whether it keeps more of them or not, and its
 * own optimizer state. Weights are written exactly: what trains as its master, the rest as it is kept. Called by the rank's compute thread.
 */
public final class TrainingState {
    /** Counter of every slice: steps that the optimizer made. */
    public static final String OPTIMIZER_STEPS = "optimizer.steps";

    private TrainingState() {}

    /**
     * Writes this rank's slice.
     *
     * @param stores all weights (frozen ones and adapters too)
     * @param optimizer null when nothing trains at the moment
     */
    public static SliceFile save(
            Path directory, int rank, List<WeightStore> stores, @Nullable ShardedAdamW optimizer, Kernels kernels) {
        long wideBytes = stores.stream().mapToLong(WeightStore::ownBytes).sum();
        try (TensorArena wide = TensorArena.open("widened", wideBytes)) {
            List<WeightStore.Part> masters =
                    optimizer == null ? List.of() : optimizer.masters().parts();
            List<SlicePiece> pieces = new ArrayList<>();
            Set<String> mastered = new HashSet<>();
            for (WeightStore.Part part : masters) {
                mastered.add(part.spec().name());
                pieces.add(weight(part));
            }
            for (WeightStore store : stores) {
                for (WeightStore.Part part : store.ownParts(kernels, wide)) {
                    if (!mastered.contains(part.spec().name())) {
                        pieces.add(weight(part));
                    }
                }
            }
            if (optimizer != null) {
                for (ShardedAdamW.StatePiece state : optimizer.statePieces()) {
                    pieces.add(new SlicePiece(StateKind.M, state.name(), state.shape(), state.from(), state.m()));
                    pieces.add(new SlicePiece(StateKind.V, state.name(), state.shape(), state.from(), state.v()));
                }
            }
            long steps = optimizer == null ? 0 : optimizer.steps();
            return SliceWriter.write(directory, rank, Map.of(OPTIMIZER_STEPS, steps), pieces);
        }
    }

    /** Fills the weights that this rank keeps and its optimizer state from a checkpoint that any mesh wrote. Its names must be exactly those of the model. */
    public static void restore(
            TrainingCheckpoint checkpoint,
            List<WeightStore> stores,
            @Nullable ShardedAdamW optimizer,
            Kernels kernels) {
        for (String name : checkpoint.names(StateKind.WEIGHT)) {
            if (stores.stream().noneMatch(store -> store.names().contains(name))) {
                throw RuntimeFailure.data(
                        "training checkpoint must be of this model and stage: it has a tensor more, tensor=" + name);
            }
        }
        WeightStore.Filler weights =
                (spec, from, target) -> checkpoint.read(StateKind.WEIGHT, spec.name(), spec.shape(), from, target);
        stores.forEach(store -> store.fill(weights, kernels));
        if (optimizer != null) {
            optimizer.masters().fill(weights);
            for (ShardedAdamW.StatePiece state : optimizer.statePieces()) {
                checkpoint.read(StateKind.M, state.name(), state.shape(), state.from(), state.m());
                checkpoint.read(StateKind.V, state.name(), state.shape(), state.from(), state.v());
            }
            optimizer.resumeAt(Math.toIntExact(checkpoint.counter(OPTIMIZER_STEPS)));
        }
    }

    private static SlicePiece weight(WeightStore.Part part) {
        return new SlicePiece(StateKind.WEIGHT, part.spec().name(), part.spec().shape(), part.from(), part.values());
    }
}
