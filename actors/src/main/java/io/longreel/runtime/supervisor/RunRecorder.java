package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RecordReport;

/**
 * The files and the screen of a run, as the supervisor's effects need them. Called by one thread, in the order of the
 * effects; every method has done its work when it returns, and throws when it could not. Closed behind the last effect.
 */
public interface RunRecorder extends AutoCloseable {

    /** On disk when it returns. */
    void journal(JournalEntry entry);

    void step(CommittedStep step);

    /** Makes an empty directory for slices. */
    void prepareCheckpoint(Position position);

    /**
     * Deletes what was written of a checkpoint that will not exist; one that exists stays.
     *
     * @throws io.longreel.config.RuntimeFailure RETRYABLE when it cannot be deleted
     */
    void discardCheckpoint(Position position);

    /** Makes a checkpoint exist, and drops those that are not kept any more. */
    void manifest(Effect.WriteManifest manifest);

    /** Reads checkpoints, newest first, until one is whole. */
    RecordReport.CheckpointFound findCheckpoint();

    void evaluation(Effect.WriteEvaluation evaluation);

    void report();

    void announce(RunNews news);

    @Override
    void close();
}
