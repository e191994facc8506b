package io.longreel.model;

import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.checkpoint.TrainingCheckpoint;
import io.longreel.model.checkpoint.TrainingState;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.checkpoint.VilaCheckpointWriter;
import io.longreel.model.checkpoint.VilaExport;
import io.longreel.model.loss.LossSum;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.RankEndpoint;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Training with multi-modal sequence parallelism on one rank: replicated weights, sharded frames, tokens and optimizer state (LongVILA, section 3.3).
 * The loss is the sum over all labelled tokens of the global batch divided by their number (specification 3.7), so gradients need no further scaling
 * and are summed over all ranks. Owns the rank's memory; used by its compute thread.
 */
public final class MmspSession implements TrainSession {
    private final Device device;
    private final Groups groups;
    private final SessionOptions options;
    private final TensorArena run;
    private final Parameters parameters;
    private final Weights weights;
    private final VlmModel model;
    private final StepMemory memory;
    private final EncodedFrames knownFrames;
    private ModelConfig config;
    private long seed;
    /** Checkpoint that the weights came from: what it holds beyond them goes into the export. */
    private Optional<Path> origin = Optional.empty();

    private @Nullable StageState stage;

    private MmspSession(ModelConfig config, Device device, Groups groups, SessionOptions options) {
        List<ParameterSpec> specs = ParameterSpec.of(config);
        this.config = config;
        this.device = options.exactSums() ? Devices.plain() : device;
        this.groups = groups;
        this.options = options;
        this.run = TensorArena.open("run", Parameters.sizeBytes(specs));
        this.parameters = Parameters.allocate(specs, run);
        this.weights = new Weights(parameters);
        this.model = new VlmModel(config, weights, options);
        this.memory = new StepMemory(this.device.kernels(), groups.rank());
        this.knownFrames = new EncodedFrames(config);
    }

    /**
     * A session without weights, for the calling thread: {@link #initialize} or {@link #load} comes next. The endpoint stays the caller's.
     *
     * @param device what computes; where sums must be exact, the oracles do instead
     */
    public static MmspSession open(
            ModelConfig config, Device device, Mesh mesh, SessionOptions options, RankEndpoint endpoint) {
        device.bindThread();
        return new MmspSession(config, device, Groups.of(mesh, endpoint), options);
    }

    @Override
    public void initialize(long newSeed) {
        seed = newSeed;
        new Initializer(config, newSeed).fill(parameters);
        knownFrames.clear();
    }

    @Override
    public void load(Path checkpoint) {
        try (VilaCheckpoint files = VilaCheckpoint.open(checkpoint)) {
            if (!ParameterSpec.of(files.config()).stream()
                    .map(ParameterSpec::name)
                    .toList()
                    .equals(List.copyOf(parameters.names()))) {
                throw new IllegalArgumentException(
                        "checkpoint must be of the session's model: checkpoint=" + checkpoint);
            }
            files.load(parameters);
        }
        origin = Optional.of(checkpoint);
        knownFrames.clear();
    }

    @Override
    public void beginStage(StageSettings settings) {
        closeStage();
        stage = StageState.begin(
                settings,
                config,
                weights,
                device.kernels(),
                groups.world(),
                options.precision().sums(),
                seed);
    }

    @Override
    public void ropeTheta(Optional<Double> theta) {
        if (theta.isPresent()) {
            config = config.withRope(theta.get(), config.llm().maxPositions());
            model.rotary().setTheta(theta.get());
        }
    }

    @Override
    public StepReport step(List<PackedBatch> microBatches, double learningRate) {
        StageState current = currentStage();
        List<ShardedBatch> batches = microBatches.stream()
                .map(batch -> ShardedBatch.of(config, groups.mesh(), groups.rank(), options, batch))
                .toList();
        long[] counts = globalCounts(batches);
        float gradientScale = counts[0] == 0 ? 0f : (float) (1.0 / counts[0]);
        current.optimizer().zeroGradients();
        LossSum losses = new LossSum(options.precision().sums());
        for (ShardedBatch batch : batches) {
            Workspace ws = memory.reserve(
                    groups,
                    (w, g) -> model.lossAndGradients(
                            w,
                            g,
                            batch.withoutPixels(),
                            gradientScale,
                            new LossSum(options.precision().sums()),
                            null));
            model.lossAndGradients(ws, groups, batch, gradientScale, losses, null);
        }
        ShardedAdamW.Update update = current.optimizer().step(learningRate, Double.isFinite(losses.value()));
        double lossSum = losses.over(groups.world());
        knownFrames.clear();
        double loss = counts[0] == 0 ? 0 : lossSum / counts[0];
        return new StepReport(loss, counts[0], counts[1], update.gradientNorm(), update.applied());
    }

    @Override
    public void endStage() {
        currentStage().mergeAdapters(weights, device.kernels());
        closeStage();
        knownFrames.clear();
    }

    @Override
    public int[] answer(PackedBatch batch) {
        ShardedBatch sharded = ShardedBatch.of(config, groups.mesh(), groups.rank(), options, batch);
        Workspace ws = memory.reserve(groups, (w, g) -> model.answer(w, g, sharded.withoutPixels(), null));
        int[] own = model.answer(ws, groups, sharded, knownFrames);
        SequenceLayout layout = sharded.layout();
        int[] labelled = IntStream.range(0, layout.tokens())
                .filter(token -> layout.label()[token] != LossKernels.IGNORE)
                .toArray();
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
        return TrainingState.save(
                directory,
                groups.rank(),
                groups.mesh().worldSize(),
                allWeights(),
                stage == null ? null : stage.optimizer());
    }

    @Override
    public void restore(Path directory) {
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(directory)) {
            TrainingState.restore(checkpoint, allWeights(), stage == null ? null : stage.optimizer());
        }
        knownFrames.clear();
    }

    @Override
    public void exportModel(Path directory) {
        VilaCheckpointWriter.write(
                directory, config, parameters, VilaExport.standard().withOrigin(origin));
    }

    @Override
    public void close() {
        closeStage();
        knownFrames.close();
        memory.close();
        model.close();
        run.close();
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

    /** Every weight by name, the current stage's adapters included. */
    private Map<String, Tensor> allWeights() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        parameters.names().forEach(name -> all.put(name, parameters.tensor(name)));
        if (stage != null) {
            Parameters adapters = stage.adapters();
            adapters.names().forEach(name -> all.put(name, adapters.tensor(name)));
        }
        return all;
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
        }
    }
}
