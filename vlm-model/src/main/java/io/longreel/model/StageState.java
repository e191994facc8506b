package io.longreel.model;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.Weights;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;

/**
 * What exists only while one stage trains: its adapters and the optimizer with its gradients. Attaches them to the weights; whoever closes it detaches
 * them. Owned by a rank's session.
 */
final class StageState implements AutoCloseable {
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";

    private final TensorArena arena;
    private final Parameters adapters;
    private final List<String> adapted;
    private final ShardedAdamW optimizer;

    private StageState(TensorArena arena, Parameters adapters, List<String> adapted, ShardedAdamW optimizer) {
        this.arena = arena;
        this.adapters = adapters;
        this.adapted = adapted;
        this.optimizer = optimizer;
    }

    /** Fresh adapters and optimizer state, attached to {@code weights}. */
    static StageState begin(
            StageSettings settings,
            ModelConfig config,
            Weights weights,
            Kernels kernels,
            Communicator world,
            Sums sums,
            long seed) {
        TrainableSet trainable = new TrainableSet(config, settings.trainable());
        List<String> adapted = trainable.adaptedLayers();
        List<ParameterSpec> adapterSpecs = new ArrayList<>();
        int rank = settings.lora().map(StageSettings.Lora::rank).orElse(0);
        for (String layer : adapted) {
            Tensor weight = weights.weight(layer + ".weight");
            adapterSpecs.add(new ParameterSpec(layer + A, new int[] {rank, weight.columns()}));
            adapterSpecs.add(new ParameterSpec(layer + B, new int[] {weight.rows(), rank}));
        }
        List<String> names = weights.parameters().names().stream()
                .filter(trainable::contains)
                .toList();
        long elements =
                names.stream().mapToLong(n -> weights.weight(n).elements()).sum()
                        + adapterSpecs.stream()
                                .mapToLong(s -> Tensor.elements(s.shape()))
                                .sum();
        TensorArena arena = TensorArena.open(
                "stage-" + settings.name(),
                Parameters.sizeBytes(adapterSpecs) + ShardedAdamW.sizeBytes(elements, world.size(), sums));
        Parameters adapters = Parameters.allocate(adapterSpecs, arena);
        Initializer initializer = new Initializer(config, seed);
        adapted.forEach(l -> initializer.fillAdapter(l, adapters.tensor(l + A), adapters.tensor(l + B)));
        List<ShardedAdamW.Entry> entries = new ArrayList<>();
        names.forEach(name -> entries.add(new ShardedAdamW.Entry(name, weights.weight(name))));
        adapters.names().forEach(name -> entries.add(new ShardedAdamW.Entry(name, adapters.tensor(name))));
        ShardedAdamW optimizer = ShardedAdamW.create(entries, world, kernels, settings.optimizer(), sums, arena);
        StageState state = new StageState(arena, adapters, adapted, optimizer);
        state.attach(
                weights,
                names,
                settings.lora().map(l -> (float) (l.alpha() / l.rank())).orElse(0f));
        return state;
    }

    ShardedAdamW optimizer() {
        return optimizer;
    }

    /** The adapters' matrices; empty when the stage has none. */
    Parameters adapters() {
        return adapters;
    }

    /** {@code W += scale B A} for every adapted layer; the adapters are spent. */
    void mergeAdapters(Weights weights, Kernels kernels) {
        for (String layer : adapted) {
            Weights.Adapter adapter = weights.adapter(layer);
            if (adapter == null) {
                throw new IllegalStateException("adapter must be attached to be merged: layer=" + layer);
            }
            Tensor b = adapter.b();
            kernels.elementwise().scale(b, adapter.scale());
            kernels.linear().matmul(false, b, false, adapter.a(), 1f, weights.weight(layer + ".weight"));
        }
    }

    @Override
    public void close() {
        arena.close();
    }

    private void attach(Weights weights, List<String> names, float scale) {
        names.forEach(name -> weights.attachGradient(name, gradient(name)));
        for (String layer : adapted) {
            weights.attachAdapter(
                    layer,
                    new Weights.Adapter(
                            adapters.tensor(layer + A),
                            adapters.tensor(layer + B),
                            scale,
                            gradient(layer + A),
                            gradient(layer + B)));
        }
    }

    private Tensor gradient(String name) {
        Tensor gradient = optimizer.gradient(name);
        if (gradient == null) {
            throw new IllegalStateException("what trains must have a gradient: name=" + name);
        }
        return gradient;
    }
}
