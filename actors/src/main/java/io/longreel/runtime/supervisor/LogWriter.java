package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Writes journal, metrics and results in their order, also on a disk that is full or read-only for a while. What need not be synced waits in
 * memory, and training goes on; what must be on disk before anything acts on it holds the recorder up, until the disk takes it or patience ends.
 * Nothing is lost, reordered or written twice. Used by the recorder's thread.
 */
final class LogWriter {
    /** Steps that may wait in memory; then the training waits too. */
    private static final int WAITING_MAX = 20_000;

    private static final int RETRIES_MAX = 1_200;
    /** The end of a run does not wait for a disk that nobody may ever clear. */
    private static final int RETRIES_AT_END_MAX = 6;

    private final RunRecorder recorder;
    private final Duration retryAfter;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    /** Has no permits: a wait that an interrupt ends. */
    private final Semaphore pause = new Semaphore(0);

    private boolean isTold;

    LogWriter(RunRecorder recorder, Duration retryAfter) {
        this.recorder = recorder;
        this.retryAfter = retryAfter;
    }

    void journal(Effect.WriteJournal effect) throws InterruptedException {
        boolean isEnd = effect.entry() instanceof JournalEntry.RunEnded;
        write(
                () -> recorder.journal(effect.entry()),
                effect.entry().mustBeSynced(),
                isEnd ? RETRIES_AT_END_MAX : RETRIES_MAX);
    }

    void step(Effect.RecordStep effect) throws InterruptedException {
        write(() -> recorder.step(effect.step()), false, RETRIES_MAX);
    }

    /** A file without which the run does not go on; {@code write} must be able to be repeated. */
    void result(Runnable write) throws InterruptedException {
        write(write, true, RETRIES_MAX);
    }

    private void write(Runnable write, boolean mustBeWritten, int retriesMax) throws InterruptedException {
        waiting.addLast(write);
        for (int retries = 0; ; retries++) {
            Optional<RuntimeFailure> refusal = writeWaiting();
            if (refusal.isEmpty()) {
                return;
            }
            tellOnce(refusal.get());
            if (!mustBeWritten && waiting.size() < WAITING_MAX) {
                return;
            }
            if (retries == retriesMax) {
                throw refusal.get();
            }
            var unused = pause.tryAcquire(retryAfter.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** Why the disk does not take the oldest that waits; empty when nothing waits any more. */
    private Optional<RuntimeFailure> writeWaiting() {
        while (!waiting.isEmpty()) {
            try {
                waiting.getFirst().run();
            } catch (RuntimeFailure e) {
                if (e.category() != RuntimeFailure.Category.RETRYABLE) {
                    throw e;
                }
                return Optional.of(e);
            }
            waiting.removeFirst();
        }
        tellCaughtUp();
        return Optional.empty();
    }

    private void tellCaughtUp() {
        if (isTold) {
            isTold = false;
            recorder.announce(new RunNews.FilesCaughtUp());
        }
    }

    private void tellOnce(RuntimeFailure refusal) {
        if (!isTold) {
            isTold = true;
            recorder.announce(new RunNews.FilesWait(String.valueOf(refusal.getMessage())));
        }
    }
}
