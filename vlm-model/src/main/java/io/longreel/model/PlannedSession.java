package io.longreel.model;

import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.plan.StepPlan;
import io.longreel.model.shard.Span;
import io.longreel.model.snapshot.SnapshotBytes;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.state.Arenas;
import io.longreel.model.state.ParameterSpec;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one rank's {@link MmspSession}, without the memory, the weights and the peers: what makes a session's state and its passes runs on arenas
 * that only count, with kernels and communicators that do nothing. Told the same stages, steps and tests in the same order, it has the same number of
 * bytes as the session after each of them. Frames are never read. Used by one thread.
 */
public final class PlannedSession implements AutoCloseable {
    private final ModelConfig config;
    private final Kernels device;
    private final Kernels idle;
    private final Groups groups;
    private final SessionOptions options;
    private final ModelWeights weights;
    private final VlmModel model;
    private final EncodedFrames knownFrames;
    private final FrozenFrames frozenFrames;
    private final SnapshotBytes snapshots;
    /** Training passes of this stage that have been planned, but those that another one covers. */
    private final List<PassExtent> taken = new ArrayList<>();

    private StepPlan passes = StepPlan.NONE;
    private @Nullable StageState stage;

    private PlannedSession(
            ModelConfig config, Device device, Mesh mesh, int rank, SessionOptions options, SnapshotBytes snapshots) {
        this.config = config;
        this.device = options.kernels(device);
        this.idle = StepPlan.idle(this.device);
        this.groups = StepPlan.alone(mesh, rank);
        this.options = options;
        this.weights = ModelWeights.open(config, options, groups.world(), idle, Arenas.COUNTING);
        this.model = new VlmModel(config, weights.views(), options, Arenas.COUNTING);
        this.knownFrames = new EncodedFrames(config, Arenas.COUNTING);
        this.frozenFrames = new FrozenFrames(config, options.frozenFrameBytes(), Arenas.COUNTING);
        this.snapshots = snapshots;
    }

    /**
     * The plan of a session that has only been opened.
     *
     * @param device what would compute
     * @param peers who holds whose snapshots
     * @param snapshotsKept as {@link SnapshotBytes#of} wants it
     */
    public static PlannedSession open(
            ModelConfig config,
            Device device,
            Mesh mesh,
            int rank,
            SessionOptions options,
            SnapshotPeers peers,
            int snapshotsKept) {
        return new PlannedSession(config, device, mesh, rank, options, SnapshotBytes.of(peers, rank, snapshotsKept));
    }

    /** As {@link TrainSession#beginStage}, with the stage's first snapshot. */
    public void beginStage(StageSettings settings) {
        closeStage();
        StageState begun = StageState.begin(settings, config, weights, options, idle, groups.world(), Arenas.COUNTING);
        stage = begun;
        if (weights.views().trains(ParameterSpec.VISION)) {
            frozenFrames.release();
        }
        ShardedAdamW optimizer = begun.optimizer();
        snapshots.beginStage(
                List.of(weights.store(), begun.adapters()),
                optimizer.gradients().ranges());
    }

    /** As {@link TrainSession#step}, where each replica has a micro-batch at least. */
    public void step(List<PackedBatch> microBatches) {
        for (PackedBatch batch : microBatches) {
            ShardedBatch sharded = sharded(batch);
            model.encoding(sharded, frozenFrames);
            PassExtent extent = PassExtent.of(sharded);
            if (taken.stream().noneMatch(larger -> larger.covers(extent))) {
                take(Passes.training(model, options, sharded));
                taken.removeIf(extent::covers);
                taken.add(extent);
            }
        }
        knownFrames.clear();
    }

    /** As {@link TrainSession#endStage}. */
    public void endStage() {
        closeStage();
        knownFrames.clear();
    }

    /** As {@link TrainSession#answer}. */
    public void answer(PackedBatch batch) {
        ShardedBatch sharded = sharded(batch);
        List<Span> unknown = model.unknownFrames(sharded, knownFrames);
        take(Passes.answering(model, sharded, unknown));
        for (Span span : unknown) {
            for (int frame = span.from(); frame < span.to(); frame++) {
                knownFrames.claim(batch.frames().key(frame));
            }
        }
    }

    /** What the session would have taken by now: arenas keep what the largest pass so far needed. */
    public RankMemory memory() {
        StateBytes state = stage == null ? weights.bytes() : weights.bytes().plus(stage.bytes());
        return state.with(passes, model.rotary().sizeBytes() + knownFrames.sizeBytes() + frozenFrames.sizeBytes())
                .withSnapshots(snapshots.bytes());
    }

    @Override
    public void close() {
        closeStage();
        knownFrames.close();
        frozenFrames.close();
        model.close();
        weights.close();
    }

    private ShardedBatch sharded(PackedBatch batch) {
        return ShardedBatch.of(config, groups.mesh(), groups.rank(), options, batch);
    }

    private void take(StepPlan.Pass pass) {
        passes = passes.grownTo(StepPlan.of(
                device, groups, (w, g) -> weights.views().rehearse(() -> pass.run(w, g))));
    }

    private void closeStage() {
        if (stage != null) {
            weights.views().detachAll();
            stage.close();
            stage = null;
            taken.clear();
        }
    }
}
