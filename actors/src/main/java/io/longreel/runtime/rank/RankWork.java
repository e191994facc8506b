package io.longreel.runtime.rank;

import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings.Rope;
import io.longreel.curriculum.StepSamples;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Model, data and links of one rank that trains. */
public interface RankWork extends RankJob {

    @Override
    default Program begin(StepId at, int rank, LongSupplier clockNs) {
        return new RankProgram(at, rank, this, clockNs);
    }

    /** Links this rank to all others and opens the model on them; waits for the others. Called once, first. */
    TrainSession connect();

    /** Makes the weights that the run starts from: new ones from its seed, or those of the model it names. */
    void prepare(TrainSession session);

    /** In place of {@link #prepare} when the weights are about to be restored whole. */
    void adopt(TrainSession session);

    /** Makes a stage current in the session. */
    void beginStage(TrainSession session, int stage);

    /** Writes the adapters of the stage that is about to end, if it has any; collective. */
    void exportAdapter(TrainSession session, int stage, Path directory);

    /** What this rank's replica learns from in a step. */
    StepSamples samples(int stage, int step);

    LearningRates learningRates(int stage, int step);

    /** RoPE in force at a step; at the end of a stage, that of its last step. What is empty is the model's own. */
    Rope rope(int stage, int step);

    /** Questions of one cell of the stage's needle test. */
    List<Question> questions(int stage, int cell);

    /** Files that belong into a model's folder, besides those of the model that the run began with; by relative path. */
    default Map<String, byte[]> attachments() {
        return Map.of();
    }

    /** What disturbs this rank on purpose. */
    default RankInstruments instruments() {
        return RankInstruments.NONE;
    }

    /** Puts the state into this process's memory and into those of its peers; collective. */
    void snapshot(TrainSession session, SnapshotId id);

    /** Restores the state of the current stage out of the memories of the mesh's processes; collective. */
    void restoreSnapshot(TrainSession session, SnapshotId source);

    /** Older snapshots are not needed any more. */
    void dropSnapshotsBefore(SnapshotId oldest);

    /** What this rank has sent so far. */
    SentBytes sentBytes();

    /** What this rank has by now, and how long it has waited on which links so far. */
    default RankUsage usage(TrainSession session) {
        return RankUsage.NONE;
    }

    /** Whether this rank is the one that counts what its replica learns from. */
    default boolean countsForReplica() {
        return true;
    }

    /** A question with its right answer: the tokens at the labelled positions of the batch. */
    record Question(PackedBatch batch, List<Integer> expected) {
        public Question {
            expected = List.copyOf(expected);
        }
    }
}
