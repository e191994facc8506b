package io.longreel.runtime.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.longreel.runtime.protocol.SkippedSample;
import io.longreel.runtime.protocol.StepResult;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One decision of the supervisor. The name of a record in kebab case is its type in the file; names and fields are only
 * ever added, so that a journal of an older build can be read.
 */
public sealed interface JournalEntry {
    /**
     * Whether the entry must have reached the disk before anything acts on it. Otherwise it has left the process, which a kill does not undo,
     * and reaches the disk with the next one that is synced.
     */
    default boolean mustBeSynced() {
        return true;
    }

    /** The first entry of each term. {@code holder} is the process that hosts the supervisor. */
    record TermBegan(int term, String holder) implements JournalEntry {}

    /**
     * A process took the run up. {@code globalStep} is 0 for a new run, and the checkpoint's step for one that goes on.
     */
    record RunStarted(String name, String mesh, int nodes, int stages, long globalStep) implements JournalEntry {}

    /** A mesh incarnation; {@code nodeIds} has one entry per rank, in rank order. Journals of older builds name no mesh. */
    record Placed(
            int generation, List<String> nodeIds, @Nullable String mesh) implements JournalEntry {
        public Placed {
            nodeIds = List.copyOf(nodeIds);
        }
    }

    /**
     * A mesh incarnation is over, and another one is to follow. What the old one did behind the committed position never happened.
     *
     * @param generation the one that follows
     */
    record Recovering(int generation, int stage, int step, long globalStep, String cause) implements JournalEntry {}

    /** The ranks of a mesh incarnation have their state back; steps from here to the committed ones are computed again. */
    record Restored(int generation, int stage, int step, long globalStep, String source) implements JournalEntry {}

    /** A process is not part of the run any more. */
    record NodeLost(String nodeId, String processId, String reason) implements JournalEntry {}

    /** A node keeps getting lost and has to wait. */
    record NodeQuarantined(String nodeId, long forMs) implements JournalEntry {}

    record StageBegan(int generation, int stage, String name, int steps) implements JournalEntry {}

    /**
     * A step that all ranks agreed on; {@code step} and {@code globalStep} count those that are done, this one included. Not synced: steps
     * that a power failure takes from here are computed again, with the same bits.
     *
     * @param skipped records that the step left out, in order of its samples; journals of older builds name none
     */
    record StepCommitted(
            int generation,
            int stage,
            int step,
            long globalStep,
            StepResult result,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<SkippedSample> skipped)
            implements JournalEntry {
        public StepCommitted {
            skipped = List.copyOf(Objects.requireNonNullElse(skipped, List.of()));
        }

        /** A step that used all of its samples. */
        public StepCommitted(int generation, int stage, int step, long globalStep, StepResult result) {
            this(generation, stage, step, globalStep, result, List.of());
        }

        @Override
        public boolean mustBeSynced() {
            return false;
        }
    }

    /** Written now and then by builds that did not note each step. */
    record StepsCommitted(int generation, int stage, int step, long globalStep, double loss) implements JournalEntry {}

    /**
     * Samples of a step were found to be harmful: it changes nothing, now and whenever it is computed again.
     *
     * @param isSkipped whether the step is not computed any more; otherwise its own result, which is not finite, changes nothing
     */
    record SamplesQuarantined(int stage, int step, long globalStep, boolean isSkipped, String reason)
            implements JournalEntry {}

    /** All slices are on disk; the manifest, which makes the checkpoint exist, is written next. */
    record SlicesSaved(int generation, String checkpoint, int stage, int step, long globalStep)
            implements JournalEntry {}

    record CheckpointCommitted(String checkpoint, int stage, int step, long globalStep) implements JournalEntry {}

    record StageEnded(int stage, String name) implements JournalEntry {}

    record EvaluationFinished(int stage, String name, int correct, int total) implements JournalEntry {}

    /** The model that a stage leaves is there. */
    record StageExported(int stage, String name, String directory) implements JournalEntry {}

    record ModelExported(String directory) implements JournalEntry {}

    /** Somebody wants a checkpoint behind the next step; {@code globalStep} of this and the next two is what was committed. */
    record CheckpointRequested(long globalStep) implements JournalEntry {}

    /** The run is to stand still behind what is in flight. */
    record PauseOrdered(long globalStep) implements JournalEntry {}

    record PauseEnded(long globalStep) implements JournalEntry {}

    /** Somebody wanted the process of a rank to be killed. */
    record KillOrdered(int rank, String nodeId, String processId) implements JournalEntry {}

    record StopRequested(String reason) implements JournalEntry {}

    record RunEnded(int exitCode, String reason) implements JournalEntry {}
}
