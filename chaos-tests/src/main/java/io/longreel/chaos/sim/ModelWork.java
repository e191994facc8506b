package io.longreel.chaos.sim;

import io.longreel.config.LearningRates;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.curriculum.StepSamples;
import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.rank.RankWork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a simulated rank works on: a {@link ModelSession}, and the vaults of the processes of its mesh. Its collectives do not wait: the mesh runs a
 * command when all ranks have got to it.
 */
final class ModelWork implements RankWork {
    private static final int IMAGE_TOKEN = 319;

    private final SimMesh mesh;
    private final int rank;
    private final long seed;
    private final ModelSession session;

    ModelWork(SimMesh mesh, int rank, long seed, ModelSession session) {
        this.mesh = mesh;
        this.rank = rank;
        this.seed = seed;
        this.session = session;
    }

    ModelSession session() {
        return session;
    }

    @Override
    public TrainSession connect() {
        return session;
    }

    @Override
    public void prepare(TrainSession same) {
        session.initialize(seed);
    }

    @Override
    public void adopt(TrainSession same) {
        session.adopt(seed, Optional.empty());
    }

    @Override
    public void beginStage(TrainSession same, int stage) {
        session.begin(stage);
    }

    @Override
    public void exportAdapter(TrainSession same, int stage, Path directory) {}

    @Override
    public StepSamples samples(int stage, int step) {
        int[] ids = {stage, step};
        return new StepSamples(List.of(PackedBatch.single(ids, ids.clone(), IMAGE_TOKEN, FrameSource.NONE)), List.of());
    }

    @Override
    public LearningRates learningRates(int stage, int step) {
        return LearningRates.of(1e-3);
    }

    @Override
    public StageSettings.Rope rope(int stage, int step) {
        return StageSettings.Rope.UNCHANGED;
    }

    @Override
    public List<Question> questions(int stage, int cell) {
        int[] ids = {stage, cell};
        return List.of(new Question(PackedBatch.single(ids, ids.clone(), IMAGE_TOKEN, FrameSource.NONE), List.of(0)));
    }

    @Override
    public void snapshot(TrainSession same, SnapshotId id) {
        mesh.store(rank, id, session.state());
    }

    @Override
    public void restoreSnapshot(TrainSession same, SnapshotId source) {
        session.become(mesh.gather(source)
                .orElseThrow(() -> new RuntimeFailure(
                        RuntimeFailure.Category.RETRYABLE, "no whole %s in this mesh".formatted(source))));
        mesh.vault(rank).dropFurtherThan(source, mesh.generation());
    }

    @Override
    public void dropSnapshotsBefore(SnapshotId oldest) {
        if (!oldest.equals(SnapshotId.NONE)) {
            mesh.vault(rank).dropOlderThan(oldest);
            mesh.dropped(rank, oldest);
        }
    }

    @Override
    public SentBytes sentBytes() {
        return SentBytes.NONE;
    }

    @Override
    public long waitedNs() {
        return 0;
    }

    @Override
    public long progress() {
        return 0;
    }

    @Override
    public void abort(String reason) {}

    @Override
    public void close() {}
}
