package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.plan.StepPlan;
import io.longreel.model.state.Arenas;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.Unit;
import io.longreel.model.state.UnitWindows;
import io.longreel.model.state.WeightStore;
import io.longreel.model.state.Weights;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.Communicator;
import java.util.List;

/**
 * The weights of a model that answers, once per process: its ranks share them, and they stay when ranks come and go. Whole on each process. Read by all
 * ranks' threads at once, written by nobody once it is open.
 */
public final class LoadedModel implements AutoCloseable {
    /** A group of one, for what is not cut over ranks. */
    private static final Communicator ALONE = StepPlan.alone(Mesh.single(), 0).world();

    private final ModelConfig config;
    private final WeightStore store;
    private final TensorArena arena;

    private LoadedModel(ModelConfig config, WeightStore store, TensorArena arena) {
        this.config = config;
        this.store = store;
        this.arena = arena;
    }

    /** Reads the weights from disk. */
    public static LoadedModel open(ModelOrigin origin, ModelConfig config, Device device, SessionOptions options) {
        try (VilaCheckpoint files = VilaCheckpoint.open(origin)) {
            return filled(config, device, options, (spec, from, target) -> files.load(spec.name(), from, target));
        }
    }

    /** New weights, as training begins with them: what is measured answers nothing sensible and costs the same. */
    public static LoadedModel initialized(ModelConfig config, long seed, Device device, SessionOptions options) {
        return filled(config, device, options, new Initializer(config, seed)::fill);
    }

    private static LoadedModel filled(
            ModelConfig config, Device device, SessionOptions options, WeightStore.Filler values) {
        if (options.shardsWeights()) {
            throw RuntimeFailure.config(
                    "answers are computed with whole weights: longreel.sharding.state=%s; leave it out"
                            .formatted(options.sharding().state()));
        }
        List<Unit> units = Unit.of(config);
        WeightStore.Form form = options.weightForm();
        TensorArena arena = TensorArena.open("weights", WeightStore.sizeBytes(units, form, 0, 1));
        try {
            WeightStore store = WeightStore.allocate(units, form, 0, 1, arena);
            store.fill(values, options.kernels(device));
            return new LoadedModel(config, store, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public ModelConfig config() {
        return config;
    }

    /** The memory that {@link #views} takes. */
    TensorArena openWindows() {
        return Arenas.REAL.open("windows", UnitWindows.sizeBytes(store.units(), store.form()));
    }

    /** The weights as one rank's layers see them. */
    Weights views(Kernels kernels, TensorArena windows) {
        return UnitWindows.open(store, ALONE, kernels, windows);
    }

    @Override
    public void close() {
        arena.close();
    }
}
