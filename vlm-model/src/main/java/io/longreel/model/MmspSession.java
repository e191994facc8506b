package io.longreel.model;

import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.checkpoint.TrainingCheckpoint;
import io.longreel.model.checkpoint.TrainingState;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.checkpoint.VilaCheckpointWriter;
import io.longreel.model.checkpoint.VilaExport;
import io.longreel.model.loss.LossSum;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.snapshot.SessionSnapshots;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotRestore;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.model.state.Arenas;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.WeightStore;
import io.longreel.model.state.Weights;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.RankEndpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Training with multi-modal sequence parallelism on one rank: sharded frames and tokens (LongVILA, section 3.3), and state that
 * is sharded as far as the options say (ZeRO stages 1 to 3).
 * The loss is the sum over all labelled tokens of the global batch divided by their number (specification 3.7), so gradients need no further scaling
 * and are summed over all ranks. Owns the rank's memory; used by its compute thread.
 */
public final class MmspSession implements TrainSession {
    private static final Logger LOG = LoggerFactory.getLogger(MmspSession.class);

    private final Kernels kernels;
    private final Groups groups;
    private final SessionOptions options;
    private final ModelWeights modelWeights;
    private final WeightStore store;
    private final Weights weights;
    private final VlmModel model;
    private final StepMemory memory;
    private final Passes passes;
    private final EncodedFrames knownFrames;
    private final FrozenFrames frozenFrames;
    private final RestingMemory resting = new RestingMemory();
    private final int generation;
    private final Optional<SnapshotSite> site;
    private final Optional<SessionSnapshots> snapshots;
    private ModelConfig config;
    private long seed;
    /** What the weights came from: what it holds beyond them goes into the export. */
    private Optional<ModelOrigin> origin = Optional.empty();

    private FrameUse frameUse = FrameUse.NONE;

    private @Nullable StageState stage;

    private MmspSession(
            ModelConfig config,
            Device device,
            Groups groups,
            SessionOptions options,
            int generation,
            Optional<SnapshotSite> site) {
        this.config = config;
        this.kernels = options.kernels(device);
        this.groups = groups;
        this.options = options;
        this.modelWeights = ModelWeights.open(config, options, groups.world(), kernels, Arenas.REAL);
        this.store = modelWeights.store();
        this.weights = modelWeights.views();
        this.model = new VlmModel(config, weights, options);
        this.memory = new StepMemory(kernels, groups.rank());
        this.passes = new Passes(model, weights, memory, groups, options);
        this.knownFrames = new EncodedFrames(config, Arenas.REAL);
        this.frozenFrames = new FrozenFrames(config, options.frozenFrameBytes(), Arenas.REAL);
        this.generation = generation;
        this.site = site;
        this.snapshots = site.map(where -> new SessionSnapshots(where, groups.world(), kernels));
    }

    /**
     * A session without weights, for the calling thread: {@link #initialize} or {@link #load} comes next. The endpoint stays the caller's.
     *
     * @param device what computes; where sums must be exact, the oracles do instead
     */
    public static MmspSession open(
            ModelConfig config, Device device, Mesh mesh, SessionOptions options, RankEndpoint endpoint) {
        device.bindThread();
        return new MmspSession(
                config, device, Groups.of(mesh, endpoint), options, endpoint.generation(), Optional.empty());
    }

    /** A session like {@link #open(ModelConfig, Device, Mesh, SessionOptions, RankEndpoint)} that takes snapshots, too. */
    public static MmspSession open(
            ModelConfig config,
            Device device,
            Mesh mesh,
            SessionOptions options,
            RankEndpoint endpoint,
            SnapshotSite site) {
        device.bindThread();
        return new MmspSession(
                config, device, Groups.of(mesh, endpoint), options, endpoint.generation(), Optional.of(site));
    }

    @Override
    public void initialize(long newSeed) {
        seed = newSeed;
        store.fill(new Initializer(config, newSeed)::fill, kernels);
        replaced();
    }

    @Override
    public void load(ModelOrigin newOrigin) {
        try (VilaCheckpoint files = VilaCheckpoint.open(newOrigin)) {
            if (!shapes(files.config()).equals(shapes(config))) {
                throw new IllegalArgumentException(
                        "checkpoint must be of the session's model: checkpoint=" + newOrigin);
            }
            Initializer initializer = new Initializer(config, seed);
            store.fill(
                    (spec, from, target) -> {
                        if (files.isNew(spec.name())) {
                            initializer.fill(spec, from, target);
                        } else {
                            files.load(spec.name(), from, target);
                        }
                    },
                    kernels);
        }
        origin = Optional.of(newOrigin);
        replaced();
    }

    /** Names and shapes of all parameters. */
    private static List<String> shapes(ModelConfig model) {
        return ParameterSpec.of(model).stream()
                .map(spec -> spec.name() + Arrays.toString(spec.shape()))
                .toList();
    }

    @Override
    public void adopt(long newSeed, Optional<ModelOrigin> newOrigin) {
        seed = newSeed;
        origin = newOrigin;
        frozenFrames.clear();
    }

    @Override
    public void beginStage(StageSettings settings) {
        closeStage();
        resting.wakes();
        StageState begun =
                StageState.begin(settings, config, modelWeights, options, kernels, groups.world(), Arenas.REAL);
        begun.initialize(new Initializer(config, seed));
        stage = begun;
        if (weights.trains(ParameterSpec.VISION)) {
            frozenFrames.release();
        }
        snapshots.ifPresent(SessionSnapshots::stateChanged);
        resting.rests(state());
        StateBytes total = stateBytes();
        LOG.info(
                "memory.state rank={} stage={} weightBytes={} windowBytes={} gradientBytes={} optimizerBytes={}",
                groups.rank(),
                settings.name(),
                total.weights(),
                total.windows(),
                total.gradients(),
                total.optimizer());
    }

    /** What the state of this rank takes of memory now. */
    StateBytes stateBytes() {
        return stage == null ? modelWeights.bytes() : modelWeights.bytes().plus(stage.bytes());
    }

    @Override
    public long allocatedBytes() {
        return allocated().total();
    }

    /** What this rank has taken of memory by now, without its part of the vault. */
    RankMemory allocated() {
        return stateBytes()
                .with(
                        memory.capacity(),
                        model.rotary().sizeBytes() + knownFrames.sizeBytes() + frozenFrames.sizeBytes());
    }

    @Override
    public void rope(StageSettings.Rope rope) {
        double theta = rope.theta().orElse(config.llm().ropeTheta());
        double scale = rope.scale().orElse(config.llm().ropeScale());
        config = config.withRope(theta, scale, config.llm().maxPositions());
        model.rotary().set(theta, scale);
    }

    @Override
    public StepReport step(List<PackedBatch> microBatches, LearningRates rates) {
        StageState current = currentStage();
        List<ShardedBatch> batches = microBatches.stream()
                .map(batch -> ShardedBatch.of(config, groups.mesh(), groups.rank(), options, batch))
                .toList();
        long[] counts = globalCounts(batches);
        float gradientScale = counts[0] == 0 ? 0f : (float) (1.0 / counts[0]);
        current.optimizer().gradients().begin();
        LossSum losses = new LossSum(options.precision().sums());
        frameUse = passes.train(batches, gradientScale, losses, frozenFrames);
        resting.check(state(), groups.rank());
        // Nothing to learn from, nothing to change: neither momentum nor decay.
        boolean isUsable = counts[0] > 0 && Double.isFinite(losses.value());
        ShardedAdamW.Update update = current.optimizer().step(rates, isUsable);
        double lossSum = losses.over(groups.world());
        weightsChanged();
        resting.rests(state());
        double loss = counts[0] == 0 ? 0 : lossSum / counts[0];
        return new StepReport(loss, counts[0], counts[1], update.gradientNorm(), update.applied());
    }

    @Override
    public FrameUse frameUse() {
        return frameUse;
    }

    @Override
    public boolean knowsFrame(long key) {
        return frozenFrames.holds(key);
    }

    @Override
    public void endStage() {
        currentStage().mergeAdapters(store, weights, kernels);
        closeStage();
        weightsChanged();
    }

    /** Memory for what the vision tower made of frames that more answers may need; before the first answer. */
    void keepEncodedFrames(long sizeBytes) {
        knownFrames.limit(sizeBytes);
    }

    @Override
    public int[] answer(PackedBatch batch) {
        ShardedBatch sharded = ShardedBatch.of(config, groups.mesh(), groups.rank(), options, batch);
        int[] own = passes.answer(sharded, knownFrames);
        SequenceLayout layout = sharded.layout();
        int[] labelled =
                IntStream.range(0, layout.tokens()).filter(layout::isLabelled).toArray();
        double[] answers = new double[labelled.length];
        for (int i = 0; i < own.length; i++) {
            int token = sharded.tokens()[sharded.labelledRows()[i]];
            answers[Arrays.binarySearch(labelled, token)] = own[i];
        }
        groups.sequence().allReduceSum(answers);
        return Arrays.stream(answers).mapToInt(a -> (int) a).toArray();
    }

    @Override
    public SliceFile saveSlice(Path directory) {
        return TrainingState.save(directory, groups.rank(), stores(), optimizer(), kernels);
    }

    @Override
    public void restore(Path directory) {
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(directory)) {
            TrainingState.restore(checkpoint, stores(), optimizer(), kernels);
        }
        site.ifPresent(where -> where.vault().dropAllBut(generation));
        replaced();
        resting.rests(state());
    }

    @Override
    public void snapshot(SnapshotKey key) {
        resting.check(state(), groups.rank());
        snapshots
                .orElseThrow(() -> new IllegalStateException("session must have a vault to take snapshots"))
                .take(key, stores(), optimizer());
    }

    @Override
    public void restoreSnapshot(SnapshotKey key) {
        SnapshotVault vault = site.orElseThrow(
                        () -> new IllegalStateException("session must have a vault to restore snapshots"))
                .vault();
        SnapshotRestore.run(vault, key, groups.world(), stores(), optimizer(), kernels);
        vault.dropFurtherThan(key, generation);
        replaced();
        resting.rests(state());
    }

    @Override
    public void exportAdapter(Path directory, String base) {
        StageState current = currentStage();
        current.peft(base).ifPresent(adapter -> {
            Map<String, Tensor> matrices = new HashMap<>();
            current.adapters()
                    .names()
                    .forEach(name -> matrices.put(name, current.adapters().tensor(name)));
            VilaCheckpointWriter.Source source = source(matrices);
            if (groups.rank() == 0) {
                adapter.write(directory, source);
            } else {
                adapter.order().forEach(source::fetch);
            }
        });
    }

    /** Weights that appear when they are fetched, which is collective; {@code resident} tensors are always there. */
    private VilaCheckpointWriter.Source source(Map<String, Tensor> resident) {
        return new VilaCheckpointWriter.Source() {
            @Override
            public Tensor view(String name) {
                Tensor tensor = resident.get(name);
                return tensor == null ? weights.view(name) : tensor;
            }

            @Override
            public void fetch(String name) {
                if (!resident.containsKey(name)) {
                    weights.use(store.unitOf(name).name());
                    weights.weight(name); // appears when it is asked for
                }
            }
        };
    }

    @Override
    public void exportModel(Path directory, Map<String, byte[]> attachments) {
        VilaCheckpointWriter.Source source = source(Map.of());
        if (groups.rank() == 0) {
            VilaExport export = VilaExport.standard().withOrigin(origin).withAttachments(attachments);
            VilaCheckpointWriter.write(directory, config, source, export);
        } else {
            VilaCheckpointWriter.order(config).forEach(source::fetch);
        }
    }

    @Override
    public void close() {
        closeStage();
        snapshots.ifPresent(SessionSnapshots::close);
        knownFrames.close();
        frozenFrames.close();
        memory.close();
        model.close();
        modelWeights.close();
    }

    /** Labelled tokens and tokens of the global batch. */
    private long[] globalCounts(List<ShardedBatch> batches) {
        double[] counts = new double[2];
        for (ShardedBatch batch : batches) {
            counts[0] += batch.layout().labelledTokens();
            counts[1] += batch.layout().tokens();
        }
        if (groups.mesh().dataDegree() > 1) {
            if (groups.sequence().index() != 0) {
                Arrays.fill(counts, 0);
            }
            groups.world().allReduceSum(counts);
        }
        return new long[] {(long) counts[0], (long) counts[1]};
    }

    /** Everything that has weights now. */
    private List<WeightStore> stores() {
        return stage == null ? List.of(store) : List.of(store, stage.adapters());
    }

    /** The memory that has to stay as it is from step to step. */
    List<Tensor> state() {
        List<Tensor> state = new ArrayList<>();
        stores().forEach(kept -> state.addAll(kept.kept()));
        if (stage != null) {
            state.addAll(stage.optimizer().kept());
        }
        return state;
    }

    /** What was made from other weights is not right any more. */
    private void weightsChanged() {
        resting.wakes();
        weights.invalidate();
        knownFrames.clear();
    }

    /** Weights were replaced from outside: frozen ones, too. */
    private void replaced() {
        weightsChanged();
        frozenFrames.clear();
        snapshots.ifPresent(SessionSnapshots::stateChanged);
    }

    private @Nullable ShardedAdamW optimizer() {
        return stage == null ? null : stage.optimizer();
    }

    private StageState currentStage() {
        if (stage == null) {
            throw new IllegalStateException("no stage is current: beginStage must come first");
        }
        return stage;
    }

    private void closeStage() {
        if (stage != null) {
            weights.detachAll();
            stage.close();
            stage = null;
            snapshots.ifPresent(SessionSnapshots::stateChanged);
        }
    }
}
