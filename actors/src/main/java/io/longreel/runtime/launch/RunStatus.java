package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How far a run has come, from its files alone.
 *
 * @param config of the run
 * @param lastStep newest committed step
 * @param checkpoint newest checkpoint of the journal
 * @param isLocked a process works on the run now
 * @param end how the run's newest process ended; empty while it lives, or when it was killed
 */
public record RunStatus(
        Path root,
        RunConfig config,
        Optional<StepMetrics> lastStep,
        Optional<JournalEntry.CheckpointCommitted> checkpoint,
        List<JournalEntry.EvaluationFinished> evaluations,
        boolean isLocked,
        Optional<JournalEntry.RunEnded> end) {

    public RunStatus {
        evaluations = List.copyOf(evaluations);
    }

    public static RunStatus of(Path path) {
        RunDirectory directory = RunDirectory.at(path);
        if (!Files.isRegularFile(directory.configFile())) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(path));
        }
        RunConfig config = RunConfigLoader.load(directory.configFile(), List.of());
        List<StepMetrics> steps =
                Files.exists(directory.metricsFile()) ? StepMetrics.read(directory.metricsFile()) : List.of();
        Optional<JournalEntry.CheckpointCommitted> checkpoint = Optional.empty();
        Optional<JournalEntry.RunEnded> end = Optional.empty();
        List<JournalEntry.EvaluationFinished> evaluations = new ArrayList<>();
        for (JournalLine line : directory.journal().lines()) {
            if (line.entry() instanceof JournalEntry.CheckpointCommitted committed) {
                checkpoint = Optional.of(committed);
            } else if (line.entry() instanceof JournalEntry.EvaluationFinished finished) {
                evaluations.add(finished);
            } else if (line.entry() instanceof JournalEntry.TermBegan
                    || line.entry() instanceof JournalEntry.RunStarted) {
                end = Optional.empty();
            } else if (line.entry() instanceof JournalEntry.RunEnded ended) {
                end = Optional.of(ended);
            }
        }
        Optional<StepMetrics> last = steps.isEmpty() ? Optional.empty() : Optional.of(steps.getLast());
        return new RunStatus(directory.root(), config, last, checkpoint, evaluations, directory.isLocked(), end);
    }

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("run %s in %s".formatted(config.name(), root));
        lines.add("state: " + state());
        lines.add(lastStep.map(this::stepLine).orElse("no step is committed"));
        lines.add(checkpoint
                .map(newest -> "checkpoint: %s".formatted(newest.checkpoint()))
                .orElse("checkpoint: none"));
        evaluations.forEach(result -> lines.add(String.format(
                Locale.ROOT,
                "%s: accuracy %.3f (%d of %d)",
                result.name(),
                (double) result.correct() / Math.max(1, result.total()),
                result.correct(),
                result.total())));
        return lines;
    }

    private String state() {
        if (isLocked) {
            return "running";
        }
        return end.map(JournalEntry.RunEnded::reason).orElse("killed; go on with bin/longreel resume " + root);
    }

    private String stepLine(StepMetrics step) {
        return String.format(
                Locale.ROOT,
                "stage %d/%d %s, step %d of %d (%d of the run), loss %.4f",
                step.stageIndex() + 1,
                config.stages().size(),
                step.stage(),
                step.step() + 1,
                config.stages().get(step.stageIndex()).steps(),
                step.globalStep() + 1,
                step.loss());
    }
}
