package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.TermSuperseded;
import io.longreel.runtime.protocol.RecordReport;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries effects out, one after the other, on a thread of its own, so that the supervisor's actor never waits for a
 * disk and still nothing happens before the journal entry in front of it is synced. When a file cannot be written, what
 * stands behind it must not happen any more: from then on only the end of the run gets through.
 */
final class EffectRunner {
    private static final Logger LOG = LoggerFactory.getLogger(EffectRunner.class);

    /** Exit code of a process whose part another one has taken. */
    private static final int SUPERSEDED = 3;

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);

    /** An effect whose receiver is known. */
    sealed interface Task {
        /** Sends messages; skipped after a failure unless it {@code endsTheRun}. */
        record Send(Runnable send, boolean endsTheRun) implements Task {}

        /** Writes a file or the screen. */
        record Write(Effect effect) implements Task {}

        /** Nothing comes behind it. */
        record End(int exitCode, String message) implements Task {}
    }

    private final BlockingQueue<Task> queue = new LinkedBlockingQueue<>();
    private final RunRecorder recorder;
    private final LogWriter logs;
    private final Consumer<RecordReport> reports;
    private final CompletableFuture<RunEnd> end;
    private boolean isBroken;
    private boolean isOver;

    private EffectRunner(RunRecorder recorder, Consumer<RecordReport> reports, CompletableFuture<RunEnd> end) {
        this.recorder = recorder;
        this.logs = new LogWriter(recorder, RETRY_AFTER);
        this.reports = reports;
        this.end = end;
    }

    /**
     * @param reports told what became of files, from the runner's thread
     * @param end completed when the last effect has been carried out and the recorder is closed
     */
    static EffectRunner start(RunRecorder recorder, Consumer<RecordReport> reports, CompletableFuture<RunEnd> end) {
        EffectRunner runner = new EffectRunner(recorder, reports, end);
        Thread.ofPlatform().daemon().name("longreel-recorder").start(runner::loop);
        return runner;
    }

    void add(Task task) {
        queue.add(task);
    }

    private void loop() {
        try {
            while (!isOver) {
                switch (queue.take()) {
                    case Task.Send send -> {
                        if (!isBroken || send.endsTheRun()) {
                            send.send().run();
                        }
                    }
                    case Task.Write write -> {
                        if (!isBroken) {
                            write(write.effect());
                        }
                    }
                    case Task.End last -> {
                        finish(last);
                        isOver = true;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Effect effect) throws InterruptedException {
        try {
            switch (effect) {
                case Effect.WriteJournal journal -> logs.journal(journal);
                case Effect.RecordStep step -> logs.step(step);
                case Effect.Announce announce -> recorder.announce(announce.news());
                case Effect.PrepareCheckpoint prepare ->
                    save(
                            JobPlan.checkpointName(prepare.position()),
                            () -> recorder.prepareCheckpoint(prepare.position()));
                case Effect.DiscardCheckpoint discard -> discard(discard.position());
                case Effect.WriteManifest manifest -> {
                    if (save(manifest.checkpoint(), () -> recorder.manifest(manifest))) {
                        reports.accept(new RecordReport.ManifestWritten(manifest.checkpoint()));
                    }
                }
                case Effect.FindCheckpoint find -> reports.accept(recorder.findCheckpoint());
                case Effect.WriteEvaluation evaluation -> {
                    logs.result(() -> recorder.evaluation(evaluation));
                    reports.accept(new RecordReport.EvaluationWritten(evaluation.stage()));
                }
                case Effect.AskCaughtUp ask -> reports.accept(new RecordReport.CaughtUp());
                case Effect.WriteReport report -> {
                    logs.result(recorder::report);
                    reports.accept(new RecordReport.ReportWritten());
                }
                case Effect.Note note -> LOG.info("supervisor.note {}", note.text());
                case Effect.TellNode e -> throw notAFile(effect);
                case Effect.TellEngine e -> throw notAFile(effect);
                case Effect.TellAllRanks e -> throw notAFile(effect);
                case Effect.AnswerSender e -> throw notAFile(effect);
                case Effect.AnswerControl e -> throw notAFile(effect);
                case Effect.Finish e -> throw notAFile(effect);
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (TermSuperseded e) {
            superseded(e);
        } catch (Throwable e) {
            // Whatever it is, the run must not go on as if it had been written. An Error too (a JDK without fonts
            // cannot draw the
            // pictures): without this thread nobody would ever end the run.
            LOG.error("recorder.failed effect={}", effect.getClass().getSimpleName(), e);
            isBroken = true;
            reports.accept(new RecordReport.RecordFailed("a file of the run could not be written: " + textOf(e)));
        }
    }

    /** The nodes belong to somebody else now: from here on nothing is written and nobody is told anything. */
    private void superseded(TermSuperseded cause) {
        LOG.warn("supervisor.superseded: {}", cause.getMessage());
        isOver = true;
        finish(new Task.End(SUPERSEDED, String.valueOf(cause.getMessage())));
    }

    /** What cannot be deleted takes room, no more. */
    private void discard(Position position) {
        try {
            recorder.discardCheckpoint(position);
        } catch (RuntimeFailure e) {
            LOG.warn("checkpoint.not-discarded globalStep={} cause=\"{}\"", position.globalStep(), e.getMessage());
        }
    }

    /** A checkpoint that cannot be written is not the end of the run; whether it was written. */
    private boolean save(String checkpoint, Runnable write) {
        try {
            write.run();
            return true;
        } catch (TermSuperseded e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("recorder.saving-failed checkpoint={}", checkpoint, e);
            reports.accept(new RecordReport.SavingFailed(checkpoint, textOf(e)));
            return false;
        }
    }

    private void finish(Task.End last) {
        try {
            recorder.close();
            end.complete(new RunEnd(last.exitCode(), last.message()));
        } catch (Throwable e) { // the main thread waits for this future only
            end.completeExceptionally(e);
        }
    }

    private static String textOf(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message;
    }

    private static IllegalArgumentException notAFile(Effect effect) {
        return new IllegalArgumentException("not a matter of files: " + effect);
    }
}
