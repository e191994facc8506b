package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.DiskFailures;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.RunRecorder;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Consumer;

/** The files of a job that serves: a journal, and nothing else, as nothing is trained. */
final class ServingFiles implements RunRecorder {
    private final Journal journal;
    private final RunDirectory directory;
    private final Consumer<RunNews> screen;

    private ServingFiles(Journal journal, RunDirectory directory, Consumer<RunNews> screen) {
        this.journal = journal;
        this.directory = directory;
        this.screen = screen;
    }

    static ServingFiles open(RunDirectory directory, Consumer<RunNews> screen) {
        try {
            return new ServingFiles(
                    Journal.begin(directory.root(), RunDirectory.SEED, InstantSource.system()), directory, screen);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the run directory %s cannot be written: %s".formatted(directory.root(), e),
                    e);
        }
    }

    @Override
    public void journal(JournalEntry entry) {
        journal.append(entry);
    }

    @Override
    public void announce(RunNews news) {
        screen.accept(news);
    }

    @Override
    public void step(CommittedStep step) {
        throw nothingIsTrained();
    }

    @Override
    public void prepareCheckpoint(Position position) {
        throw nothingIsTrained();
    }

    @Override
    public void discardCheckpoint(Position position) {
        throw nothingIsTrained();
    }

    @Override
    public void manifest(Effect.WriteManifest manifest) {
        throw nothingIsTrained();
    }

    @Override
    public RecordReport.CheckpointFound findCheckpoint() {
        throw nothingIsTrained();
    }

    @Override
    public void evaluation(Effect.WriteEvaluation evaluation) {
        throw nothingIsTrained();
    }

    @Override
    public void report() {
        throw nothingIsTrained();
    }

    private static IllegalStateException nothingIsTrained() {
        return new IllegalStateException("a job that serves trains nothing");
    }

    @Override
    public void close() {
        try {
            journal.close();
        } catch (IOException e) {
            throw DiskFailures.retryable("the journal cannot be closed", directory.root(), e);
        }
    }
}
