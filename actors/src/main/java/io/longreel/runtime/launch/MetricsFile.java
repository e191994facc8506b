package io.longreel.runtime.launch;

import io.longreel.config.StageSettings;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import io.longreel.model.disk.DurableLog;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import io.longreel.runtime.metrics.StepFigures;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code metrics.jsonl}, one line per committed step in the form of {@link StepMetrics}, open for appending. Used by
 * the recorder's thread. Not synced at each step: what a power failure takes is trained again from the checkpoint, and
 * the file is cut back to the checkpoint when the run goes on.
 */
final class MetricsFile implements AutoCloseable {
    private final Path file;
    private final DurableLog out;
    /** Steps that had their line when the file was opened. */
    private final long knownSteps;

    private MetricsFile(Path file, DurableLog out, long knownSteps) {
        this.file = file;
        this.out = out;
        this.knownSteps = knownSteps;
    }

    /**
     * Opens the file of a run of which {@code doneSteps} steps count; lines of later steps, and what is torn, are cut
     * off.
     */
    static MetricsFile openBehind(Path file, long doneSteps) throws IOException {
        List<StepMetrics> known = Files.exists(file) ? StepMetrics.read(file) : List.of();
        StringBuilder kept = new StringBuilder();
        List<StepMetrics> done =
                known.stream().filter(step -> step.globalStep() < doneSteps).toList();
        done.forEach(step -> kept.append(step.toJsonLine()).append('\n'));
        byte[] sound = kept.toString().getBytes(StandardCharsets.UTF_8);
        DurableFile.write(file, sound);
        return new MetricsFile(
                file,
                DurableLog.open(Disk.system(), file, sound.length),
                done.isEmpty() ? 0 : done.getLast().globalStep() + 1L);
    }

    /** The file counts steps from 0, as the schedule does; a position counts those that are done. */
    static StepMetrics lineOf(CommittedStep step, StepWork work, Instant at) {
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
                step.cost().durationMs(),
                step.cost().waitedShare(),
                step.cost().snapshotMs(),
                step.sent().local(),
                step.sent().intraNode(),
                step.sent().interNode(),
                at,
                dataOf(step.data()),
                figuresOf(step, work));
    }

    private static Map<String, Double> figuresOf(CommittedStep step, StepWork work) {
        Map<String, Double> figures = new TreeMap<>();
        StepFigures.of(step, work).forEach((metric, value) -> figures.put(metric.tag(), value));
        return figures;
    }

    private static StepMetrics.Data dataOf(StepData data) {
        return new StepMetrics.Data(
                data.documents(),
                data.sequences(),
                data.fill(),
                data.frames(),
                data.framesEncoded(),
                data.framesReused(),
                data.decodeMs(),
                data.waitMs());
    }

    /**
     * A supervisor may have died between a step's entry in the journal and its line here. Nobody knows any more how long it took and what it sent.
     */
    void addMissing(JournalHistory history, List<StageSettings> stages) {
        SortedMap<Long, JournalLine> missing = new TreeMap<>();
        for (JournalLine line : history.lines()) {
            if (line.entry() instanceof JournalEntry.RunStarted started) {
                missing.tailMap(started.globalStep() + 1).clear();
            } else if (line.entry() instanceof JournalEntry.StepCommitted step && step.globalStep() > knownSteps) {
                missing.put(step.globalStep(), line);
            }
        }
        missing.values().forEach(line -> {
            JournalEntry.StepCommitted step = (JournalEntry.StepCommitted) line.entry();
            Position position = new Position(step.stage(), step.step(), step.globalStep());
            String stage = stages.get(step.stage()).name();
            append(
                    new CommittedStep(position, stage, step.result(), StepCost.UNKNOWN, SentBytes.NONE),
                    StepWork.UNKNOWN,
                    line.time());
        });
    }

    void append(CommittedStep step, StepWork work, Instant at) {
        try {
            out.append((lineOf(step, work, at).toJsonLine() + "\n").getBytes(StandardCharsets.UTF_8), false);
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
