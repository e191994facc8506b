package io.longreel.model;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.PeftAdapter;
import io.longreel.model.optim.Gradients;
import io.longreel.model.optim.MasterWeights;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.Arenas;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.model.state.WeightStore;
import io.longreel.model.state.Weights;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What exists only while one stage trains: its adapters and the optimizer with its gradients. Attaches them to the weights; whoever closes it detaches
 * them. Adapters are whole and F32 on every rank: they are hundreds of times smaller than what they adapt. Owned by a rank's session, or by the plan of
 * one, where no tensor has memory: what is done here to tensors is done by kernels, but for {@link #initialize}.
 */
final class StageState implements AutoCloseable {
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";

    private final List<String> adapted;
    private final Optional<StageSettings.Lora> lora;
    private final TensorArena adapterArena;
    private final WeightStore adapters;
    private final TensorArena optimizerArena;
    private final ShardedAdamW optimizer;
    private final StateBytes bytes;

    private StageState(
            StageSettings settings,
            TrainableSet trainable,
            WeightStore store,
            SessionOptions options,
            Kernels kernels,
            Communicator world,
            Arenas arenas) {
        int rank = world.index();
        int ranks = world.size();
        boolean shardGradients = options.shardsGradients();
        Sums sums = options.precision().sums();
        this.adapted = trainable.adaptedLayers();
        this.lora = settings.lora();
        List<Unit> adapterUnits = adapterUnits(settings, store);
        long adapterBytes = WeightStore.sizeBytes(adapterUnits, WeightStore.Form.WHOLE, rank, ranks);
        this.adapterArena = arenas.open("adapters-" + settings.name(), adapterBytes);
        this.adapters = WeightStore.allocate(adapterUnits, WeightStore.Form.WHOLE, rank, ranks, adapterArena);
        List<Gradients.Group> groups = new ArrayList<>();
        List<WeightStore> stores = new ArrayList<>();
        for (Unit unit : store.units()) {
            // Cut only where rates differ: the norm is a sum over ranges, and so its bits depend on the cuts.
            List<TrainedRange> ranges = new ArrayList<>(TrainedRange.of(
                    unit,
                    trainable::contains,
                    (one, other) -> settings.ratesAreEqual(TrainableSet.partOf(one), TrainableSet.partOf(other))));
            ranges.forEach(range -> stores.add(store));
            adapterUnits.stream().filter(u -> u.name().equals(unit.name())).forEach(adapter -> {
                ranges.addAll(TrainedRange.of(adapter, name -> true));
                stores.add(adapters);
            });
            if (!ranges.isEmpty()) {
                groups.add(new Gradients.Group(unit.name(), unit.isWide(), ranges));
            }
        }
        List<TrainedRange> ranges =
                groups.stream().flatMap(group -> group.ranges().stream()).toList();
        this.bytes = new StateBytes(
                adapterBytes,
                Gradients.windowBytes(groups, shardGradients, sums, ranks),
                Gradients.sizeBytes(groups, shardGradients, sums, rank, ranks),
                MasterWeights.sizeBytes(ranges, stores, rank, ranks) + ShardedAdamW.sizeBytes(ranges, rank, ranks));
        this.optimizerArena =
                arenas.open("stage-" + settings.name(), bytes.windows() + bytes.gradients() + bytes.optimizer());
        Gradients gradients = Gradients.create(groups, shardGradients, sums, world, kernels, optimizerArena);
        MasterWeights masters = MasterWeights.create(ranges, stores, world, kernels, optimizerArena);
        this.optimizer = ShardedAdamW.create(gradients, masters, world, kernels, settings.optimizer(), optimizerArena);
    }

    /** Fresh optimizer state, and adapters that {@link #initialize} fills, attached to {@code weights}. */
    static StageState begin(
            StageSettings settings,
            ModelConfig config,
            ModelWeights weights,
            SessionOptions options,
            Kernels kernels,
            Communicator world,
            Arenas arenas) {
        TrainableSet trainable = new TrainableSet(config, settings.trainable());
        StageState state = new StageState(settings, trainable, weights.store(), options, kernels, world, arenas);
        float scale = settings.lora().map(l -> (float) (l.alpha() / l.rank())).orElse(0f);
        state.attach(weights.views(), scale);
        return state;
    }

    /** Adapters that change nothing yet. */
    void initialize(Initializer initializer) {
        adapted.forEach(
                layer -> initializer.fillAdapter(layer, adapters.tensor(layer + A), adapters.tensor(layer + B)));
    }

    ShardedAdamW optimizer() {
        return optimizer;
    }

    /** The adapters' matrices; empty when the stage has none. */
    WeightStore adapters() {
        return adapters;
    }

    /** What the stage takes of memory on this rank. */
    StateBytes bytes() {
        return bytes;
    }

    /**
     * What the stage's adapters are to others; empty when it has none.
     *
     * @param base folder of the decoder that the stage began with
     */
    Optional<PeftAdapter> peft(String base) {
        List<String> trained = optimizer.gradients().byName().keySet().stream()
                .filter(name ->
                        name.startsWith(ParameterSpec.LLM) && !adapters.names().contains(name))
                .toList();
        return lora.map(settings -> new PeftAdapter(settings, adapted, trained, base));
    }

    /** {@code W += scale B A} for every adapted layer; the adapters are spent. */
    void mergeAdapters(WeightStore store, Weights weights, Kernels kernels) {
        Map<String, List<String>> byUnit = new LinkedHashMap<>();
        for (String layer : adapted) {
            byUnit.computeIfAbsent(store.unitOf(layer + ".weight").name(), key -> new ArrayList<>())
                    .add(layer);
        }
        byUnit.forEach((unit, layers) -> {
            weights.use(unit);
            for (String layer : layers) {
                Weights.Adapter adapter = weights.adapter(layer);
                if (adapter == null) {
                    throw new IllegalStateException("adapter must be attached to be merged: layer=" + layer);
                }
                Tensor b = adapter.b();
                kernels.elementwise().scale(b, adapter.scale());
                kernels.linear().matmul(false, b, false, adapter.a(), 1f, weights.weight(layer + ".weight"));
            }
            weights.keep(unit);
        });
    }

    @Override
    public void close() {
        optimizerArena.close();
        adapterArena.close();
    }

    /** One unit per layer that is adapted, under the name of the layer's own unit. */
    private List<Unit> adapterUnits(StageSettings settings, WeightStore store) {
        Optional<Integer> rank = settings.lora().map(StageSettings.Lora::rank);
        Map<String, List<ParameterSpec>> specs = new LinkedHashMap<>();
        for (String layer : adapted) {
            Unit unit = store.unitOf(layer + ".weight");
            int[] shape = unit.spec(layer + ".weight").shape();
            List<ParameterSpec> members = specs.computeIfAbsent(unit.name(), key -> new ArrayList<>());
            members.add(new ParameterSpec(layer + A, new int[] {rank.orElse(0), shape[1]}));
            members.add(new ParameterSpec(layer + B, new int[] {shape[0], rank.orElse(0)}));
        }
        return specs.entrySet().stream()
                .map(e -> Unit.of(e.getKey(), e.getValue()))
                .toList();
    }

    private void attach(Weights weights, float scale) {
        Map<String, Tensor> gradients = optimizer.gradients().byName();
        gradients.forEach((name, gradient) -> {
            if (weights.contains(name)) {
                weights.attachGradient(name, gradient);
            }
        });
        for (String layer : adapted) {
            weights.attachAdapter(
                    layer,
                    new Weights.Adapter(
                            adapters.tensor(layer + A),
                            adapters.tensor(layer + B),
                            scale,
                            optimizer.gradients().gradient(layer + A),
                            optimizer.gradients().gradient(layer + B)));
        }
        weights.attachSink(optimizer.gradients());
    }
}
