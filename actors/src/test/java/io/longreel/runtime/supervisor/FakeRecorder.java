package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RecordReport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what would be written; a call can be made to fail. */
final class FakeRecorder implements RunRecorder {
    final List<Object> written = new CopyOnWriteArrayList<>();
    /** So often the disk does not take a journal entry. Set before the recorder is used. */
    int refusals;

    volatile boolean isClosed;
    volatile boolean failsAtManifest;
    /** Where entries go too, when there is one. */
    volatile @Nullable Journal journal;

    volatile boolean breaksAtReport;

    private void refuse() {
        if (refusals > 0) {
            refusals--;
            throw new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "no space left on device");
        }
    }

    @Override
    public void journal(JournalEntry entry) {
        refuse();
        Journal real = journal;
        if (real != null) {
            real.append(entry);
        }
        written.add(entry);
    }

    @Override
    public void step(CommittedStep step) {
        written.add(step);
    }

    @Override
    public void prepareCheckpoint(Position position) {
        written.add("prepare " + position.globalStep());
    }

    @Override
    public void discardCheckpoint(Position position) {
        written.add("discard " + position.globalStep());
    }

    @Override
    public void manifest(Effect.WriteManifest manifest) {
        if (failsAtManifest) {
            throw new IllegalStateException("no space left on device");
        }
        written.add(manifest);
    }

    @Override
    public RecordReport.CheckpointFound findCheckpoint() {
        return new RecordReport.CheckpointFound("", 0, 0, "");
    }

    @Override
    public void evaluation(Effect.WriteEvaluation evaluation) {
        refuse();
        written.add(evaluation);
    }

    @Override
    public void report() {
        if (breaksAtReport) {
            throw new NoClassDefFoundError("no fonts");
        }
        written.add("report");
    }

    @Override
    public void announce(RunNews news) {
        written.add(news);
    }

    @Override
    public void close() {
        isClosed = true;
    }

    <T> List<T> all(Class<T> type) {
        return written.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
