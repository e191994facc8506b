package io.longreel.model;

import io.longreel.config.LearningRates;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.snapshot.SnapshotKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One rank's model in training, on one mesh incarnation. All ranks of the mesh call the same methods in the same order with equal
 * arguments; the methods communicate. Used by the rank's compute thread only.
 */
public interface TrainSession extends AutoCloseable {

    /**
     * What a step did, equal on all ranks.
     *
     * @param loss sum of losses over labelled tokens divided by their number, over the global batch
     * @param labelledTokens number of labelled tokens of the global batch
     * @param tokens tokens of the global batch, after expansion of the frames
     * @param gradientNorm global norm before clipping
     * @param applied false when some rank saw a value that is not finite: then no rank changed a weight
     */
    record StepReport(double loss, long labelledTokens, long tokens, double gradientNorm, boolean applied) {}

    /** New weights from a seed, equal on every mesh; each part starts as its authors start it. */
    void initialize(long seed);

    /** Weights from the parts of a model; a projector that is to be new is that of {@link #initialize}'s seed. */
    void load(ModelOrigin origin);

    /** Weights from a checkpoint in VILA's layout. */
    default void load(Path checkpoint) {
        load(ModelOrigin.of(checkpoint));
    }

    /** Makes a stage current: what trains, adapters added, optimizer state fresh. */
    void beginStage(StageSettings stage);

    /** RoPE from now on; what is empty is unchanged. */
    void rope(StageSettings.Rope rope);

    /**
     * One optimizer step on the batches of this rank's data-parallel replica, which count as one global batch.
     *
     * @param rates equal for parts that have equal rates at all steps of the stage
     */
    StepReport step(List<PackedBatch> microBatches, LearningRates rates);

    /** Likewise, with one learning rate for everything. */
    default StepReport step(List<PackedBatch> microBatches, double learningRate) {
        return step(microBatches, LearningRates.of(learningRate));
    }

    /** Off-heap memory that this rank has by now, in bytes, without snapshots. */
    default long allocatedBytes() {
        return 0;
    }

    /** What became of this rank's own frames in the last step; not equal on all ranks. */
    default FrameUse frameUse() {
        return FrameUse.NONE;
    }

    /** Whether a step would not read the pixels of a frame with this key now. Any thread; what is known may be forgotten at any time. */
    default boolean knowsFrame(long key) {
        return false;
    }

    /** Ends the stage: merges adapters into the weights, drops the optimizer state. */
    void endStage();

    /** The most likely token at each labelled position, in order of position (teacher forced); equal on all ranks. */
    int[] answer(PackedBatch batch);

    /** Writes this rank's slice of weights and optimizer state into {@code directory}; the caller writes the manifest. */
    SliceFile saveSlice(Path directory);

    /**
     * Restores weights, adapters and optimizer state of the current stage from a checkpoint that any mesh wrote. Snapshots that earlier meshes took are
     * dropped: training goes on from somewhere else.
     */
    void restore(Path directory);

    /**
     * Notes what neither a snapshot nor a checkpoint holds, in place of {@link #initialize} and {@link #load}: the weights, undefined till then, are
     * restored next.
     *
     * @param seed root of what stages draw themselves
     * @param origin what the weights came from at first, if not from the seed
     */
    void adopt(long seed, Optional<ModelOrigin> origin);

    /**
     * Copies this rank's slice into the memory of its own process and of its peers on other nodes. Once all ranks have returned, the snapshot
     * survives the loss of any one node. The key is the position at which all ranks stand.
     */
    void snapshot(SnapshotKey key);

    /**
     * Restores weights, adapters and optimizer state of the current stage from a snapshot that any mesh took, out of the memories of the processes
     * in which the ranks of this mesh live. Snapshots that are further are dropped: what they hold was never committed.
     *
     * @throws RuntimeFailure RETRYABLE, on every rank, when a slice is in none of these memories, or in none undamaged
     */
    void restoreSnapshot(SnapshotKey key);

    /**
     * Writes the current stage's adapters as PEFT reads them, with what else of the decoder trained, before {@link #endStage} merges them; nothing when the
     * stage has none. All ranks take part, rank 0 writes. Atomic.
     *
     * @param base folder of the decoder that the stage began with; empty: unknown
     */
    void exportAdapter(Path directory, String base);

    /** Writes the whole model in VILA's layout: all ranks take part, rank 0 writes. Atomic: root config last. */
    default void exportModel(Path directory) {
        exportModel(directory, Map.of());
    }

    /**
     * As {@link #exportModel(Path)}.
     *
     * @param attachments further files by relative path, such as {@code llm/tokenizer.json}; needed on rank 0 alone
     */
    void exportModel(Path directory, Map<String, byte[]> attachments);

    /** Name, size and sha256 (hex) of a slice file, for the manifest. */
    record SliceFile(String name, long sizeBytes, String sha256) {}

    @Override
    void close();
}
