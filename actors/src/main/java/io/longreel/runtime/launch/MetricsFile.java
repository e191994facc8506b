package io.longreel.runtime.launch;

import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import io.longreel.model.disk.DurableLog;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * {@code metrics.jsonl}, one line per committed step in the form of {@link StepMetrics}, open for appending. Used by
 * the recorder's thread. Not synced at each step: what a power failure takes is trained again from the checkpoint, and
 * the file is cut back to the checkpoint when the run goes on.
 */
final class MetricsFile implements AutoCloseable {
    private final Path file;
    private final DurableLog out;

    private MetricsFile(Path file, DurableLog out) {
        this.file = file;
        this.out = out;
    }

    /**
     * Opens the file of a run of which {@code doneSteps} steps count; lines of later steps, and what is torn, are cut
     * off.
     */
    static MetricsFile openBehind(Path file, long doneSteps) throws IOException {
        List<StepMetrics> known = Files.exists(file) ? StepMetrics.read(file) : List.of();
        StringBuilder kept = new StringBuilder();
        known.stream()
                .filter(step -> step.globalStep() < doneSteps)
                .forEach(step -> kept.append(step.toJsonLine()).append('\n'));
        byte[] sound = kept.toString().getBytes(StandardCharsets.UTF_8);
        DurableFile.write(file, sound);
        return new MetricsFile(file, DurableLog.open(Disk.system(), file, sound.length));
    }

    /** The file counts steps from 0, as the schedule does; a position counts those that are done. */
    static StepMetrics lineOf(CommittedStep step, Instant at) {
        Position position = step.position();
        StepResult result = step.result();
        return new StepMetrics(
                step.stageName(),
                position.stage(),
                position.step() - 1,
                Math.toIntExact(position.globalStep() - 1),
                result.loss(),
                result.tokens(),
                result.labelledTokens(),
                result.gradientNorm(),
                result.learningRate(),
                step.durationMs(),
                step.sent().local(),
                step.sent().intraNode(),
                step.sent().interNode(),
                at);
    }

    void append(CommittedStep step, Instant at) {
        try {
            out.append((lineOf(step, at).toJsonLine() + "\n").getBytes(StandardCharsets.UTF_8), false);
        } catch (IOException e) {
            throw DiskFailures.retryable("metrics cannot be written", file, e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException("metrics cannot be closed: " + e.getMessage(), e);
        }
    }
}
