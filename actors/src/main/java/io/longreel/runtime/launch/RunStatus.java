package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import io.longreel.runtime.journal.RunAccount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a run has come, from its files alone; it need not be alive.
 *
 * @param config of the run
 * @param steps committed ones, in order
 * @param placed newest mesh of the process that works on the run, or did last
 * @param checkpoint newest checkpoint of the journal
 * @param isLocked a process works on the run now
 * @param end how the run's newest process ended; empty while it lives, or when it was killed
 */
public record RunStatus(
        Path root,
        RunConfig config,
        List<StepMetrics> steps,
        RunAccount account,
        Optional<JournalEntry.Placed> placed,
        Optional<JournalEntry.CheckpointCommitted> checkpoint,
        List<JournalEntry.EvaluationFinished> evaluations,
        boolean isLocked,
        Optional<JournalEntry.RunEnded> end) {
    /** Steps over which a speed is taken. */
    private static final int RECENT_STEPS = 20;

    /** What a run is doing, in one word. */
    public enum State {
        RUNNING,
        FINISHED,
        /** By a signal, with a checkpoint. */
        STOPPED,
        FAILED,
        /** Nobody wrote its end. */
        KILLED
    }

    public RunStatus {
        steps = List.copyOf(steps);
        evaluations = List.copyOf(evaluations);
    }

    /**
     * @param clock by which a run that goes on is measured
     * @throws RuntimeFailure of category CONFIG when this is no run
     */
    public static RunStatus of(Path path, InstantSource clock) {
        RunDirectory directory = RunDirectory.at(path);
        if (!Files.isRegularFile(directory.configFile())) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(path));
        }
        RunConfig config = RunConfigLoader.load(directory.configFile(), List.of());
        boolean isLocked = directory.isLocked();
        JournalHistory journal = directory.journal();
        Optional<JournalEntry.Placed> placed = Optional.empty();
        Optional<JournalEntry.CheckpointCommitted> checkpoint = Optional.empty();
        Optional<JournalEntry.RunEnded> end = Optional.empty();
        List<JournalEntry.EvaluationFinished> evaluations = new ArrayList<>();
        for (JournalLine line : journal.lines()) {
            switch (line.entry()) {
                case JournalEntry.CheckpointCommitted committed -> checkpoint = Optional.of(committed);
                case JournalEntry.EvaluationFinished finished -> evaluations.add(finished);
                case JournalEntry.TermBegan began -> end = Optional.empty();
                case JournalEntry.RunStarted started -> {
                    end = Optional.empty();
                    placed = Optional.empty();
                }
                case JournalEntry.Placed mesh -> placed = Optional.of(mesh);
                case JournalEntry.RunEnded ended -> end = Optional.of(ended);
                default -> {} // says nothing about where the run is
            }
        }
        return new RunStatus(
                directory.root(),
                config,
                Files.exists(directory.metricsFile()) ? StepMetrics.read(directory.metricsFile()) : List.of(),
                RunAccount.of(journal, isLocked ? Optional.of(clock.instant()) : Optional.empty()),
                placed,
                checkpoint,
                evaluations,
                isLocked,
                end);
    }

    public State state() {
        if (end.isEmpty()) {
            return isLocked ? State.RUNNING : State.KILLED;
        }
        return switch (end.get().exitCode()) {
            case 0 -> wasStopped() ? State.STOPPED : State.FINISHED;
            case StopSignals.INTERRUPTED, StopSignals.TERMINATED -> State.STOPPED;
            default -> State.FAILED;
        };
    }

    /** The journal has the supervisor's own exit code; the signal's is the process's. */
    private boolean wasStopped() {
        return steps.isEmpty() || totalSteps() > steps.getLast().globalStep() + 1L;
    }

    /** Newest committed step. */
    public Optional<StepMetrics> lastStep() {
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.getLast());
    }

    /** Steps of all stages. */
    public long totalSteps() {
        return config.stages().stream().mapToLong(stage -> stage.steps()).sum();
    }

    /** Of the mesh, over the newest steps whose time is known. */
    public OptionalDouble tokensPerSecond() {
        List<StepMetrics> measured = steps.subList(Math.max(0, steps.size() - RECENT_STEPS), steps.size()).stream()
                .filter(step -> step.durationMs() > 0)
                .toList();
        double seconds = measured.stream().mapToDouble(StepMetrics::durationMs).sum() / 1e3;
        return seconds == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(
                        measured.stream().mapToLong(StepMetrics::tokens).sum() / seconds);
    }
}
