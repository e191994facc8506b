package io.longreel.runtime.journal;

import java.util.List;

/**
 * One decision of the supervisor. The name of a record in kebab case is its type in the file; names and fields are only
 * ever added, so that a journal of an older build can be read.
 */
public sealed interface JournalEntry {
    /**
     * A process took the run up. {@code globalStep} is 0 for a new run, and the checkpoint's step for one that goes on.
     */
    record RunStarted(String name, String mesh, int nodes, int stages, long globalStep) implements JournalEntry {}

    /** A mesh incarnation; {@code nodeIds} has one entry per rank, in rank order. */
    record Placed(int generation, List<String> nodeIds) implements JournalEntry {
        public Placed {
            nodeIds = List.copyOf(nodeIds);
        }
    }

    record StageBegan(int generation, int stage, String name, int steps) implements JournalEntry {}

    /** Written now and then, not for each step: what counts for recovery is the checkpoint. */
    record StepsCommitted(int generation, int stage, int step, long globalStep, double loss) implements JournalEntry {}

    /** All slices are on disk; the manifest, which makes the checkpoint exist, is written next. */
    record SlicesSaved(int generation, String checkpoint, int stage, int step, long globalStep)
            implements JournalEntry {}

    record CheckpointCommitted(String checkpoint, int stage, int step, long globalStep) implements JournalEntry {}

    record StageEnded(int stage, String name) implements JournalEntry {}

    record EvaluationFinished(int stage, String name, int correct, int total) implements JournalEntry {}

    record ModelExported(String directory) implements JournalEntry {}

    record StopRequested(String reason) implements JournalEntry {}

    record RunEnded(int exitCode, String reason) implements JournalEntry {}
}
