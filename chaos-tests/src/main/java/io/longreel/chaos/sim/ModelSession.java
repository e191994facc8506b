package io.longreel.chaos.sim;

import io.longreel.config.LearningRates;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.snapshot.SnapshotKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A session whose model is a {@link ModelState}. Collectives are no matter of the session: the simulation runs a rank's command when all ranks have
 * got to it. What goes wrong in a step is asked of the rank's {@link Ailments}.
 */
final class ModelSession implements TrainSession {
    private static final long TOKENS = 100;

    private final SharedDirectory directory;
    private final Ailments ailments;
    private long state;
    private int stage;

    ModelSession(SharedDirectory directory, Ailments ailments) {
        this.directory = directory;
        this.ailments = ailments;
    }

    long state() {
        return state;
    }

    void become(long restored) {
        state = restored;
    }

    void begin(int begun) {
        stage = begun;
        state = ModelState.begun(state, stage);
    }

    @Override
    public void initialize(long seed) {
        state = ModelState.initial(seed);
    }

    @Override
    public void load(ModelOrigin origin) {
        throw new UnsupportedOperationException("simulated runs start from new weights");
    }

    @Override
    public void beginStage(StageSettings stage) {
        throw new UnsupportedOperationException("the work begins stages, by number");
    }

    @Override
    public void rope(StageSettings.Rope rope) {}

    @Override
    public StepReport step(List<PackedBatch> microBatches, LearningRates rates) {
        int ofStage = microBatches.getFirst().ids()[0];
        int step = microBatches.getFirst().ids()[1];
        if (ailments.isNotFinite(ofStage, step)) {
            return new StepReport(Double.NaN, TOKENS, TOKENS, Double.NaN, false);
        }
        state = ModelState.stepped(state, ofStage, step);
        if (ailments.flipsABit(ofStage, step)) {
            state ^= 1L << 20;
        }
        return new StepReport(ModelState.loss(state), TOKENS, TOKENS, 1, true);
    }

    @Override
    public void endStage() {
        state = ModelState.ended(state, stage);
    }

    @Override
    public int[] answer(PackedBatch batch) {
        return new int[] {(int) (state >>> 40)};
    }

    @Override
    public SliceFile saveSlice(Path target) {
        throw new UnsupportedOperationException("checkpoints are written from snapshots");
    }

    @Override
    public void restore(Path checkpoint) {
        state = directory
                .state(checkpoint.toString())
                .orElseThrow(() -> RuntimeFailure.data("checkpoint must be whole: " + checkpoint));
    }

    @Override
    public void adopt(long seed, Optional<ModelOrigin> origin) {
        state = 0;
    }

    @Override
    public void snapshot(SnapshotKey key) {
        throw new UnsupportedOperationException("the work takes snapshots");
    }

    @Override
    public void restoreSnapshot(SnapshotKey key) {
        throw new UnsupportedOperationException("the work restores snapshots");
    }

    @Override
    public void exportModel(Path target, Map<String, byte[]> attachments) {}

    @Override
    public void exportAdapter(Path target, String base) {}

    @Override
    public void close() {}

    /** What is wrong with the place in which a rank computes. */
    interface Ailments {
        boolean isNotFinite(int stage, int step);

        boolean flipsABit(int stage, int step);
    }
}
