package io.longreel.model;

import io.longreel.model.state.Arenas;
import io.longreel.model.state.Unit;
import io.longreel.model.state.UnitWindows;
import io.longreel.model.state.WeightStore;
import io.longreel.model.state.Weights;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.Communicator;
import java.util.List;

/**
 * The weights of a model on one rank, contents undefined at first: as the rank keeps them, and as the layers see them. Owned by its session, or by the
 * plan of one.
 *
 * @param bytes what they take of memory
 */
record ModelWeights(WeightStore store, Weights views, StateBytes bytes, TensorArena run) implements AutoCloseable {

    static ModelWeights open(
            ModelConfig config, SessionOptions options, Communicator world, Kernels kernels, Arenas arenas) {
        List<Unit> units = Unit.of(config);
        WeightStore.Form form = options.weightForm();
        int rank = world.index();
        int ranks = world.size();
        StateBytes bytes = new StateBytes(
                WeightStore.sizeBytes(units, form, rank, ranks), UnitWindows.sizeBytes(units, form), 0, 0);
        TensorArena run = arenas.open("run", bytes.total());
        WeightStore store = WeightStore.allocate(units, form, rank, ranks, run);
        return new ModelWeights(store, UnitWindows.open(store, world, kernels, run), bytes, run);
    }

    @Override
    public void close() {
        run.close();
    }
}
