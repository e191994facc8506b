package io.longreel.chaos.checker;

import io.longreel.chaos.checker.Violation.Promise;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * The checkers of one run. Fed with what happens, in order; remembers what it takes to judge, and what was broken.
 */
public final class RunChecks {
    private static final int VIOLATIONS_MAX = 20;
    private static final int REFUSED = 2;

    /** What is committed, what is in flight (at most three steps), and what generations that were given up have left of both. */
    private static final int SNAPSHOTS_MAX = 12;

    /**
     * What the run is to come to.
     *
     * @param stepsOfStages of each stage
     * @param losses of each step of an undisturbed run, NaN where its samples are harmful
     * @param models what the model is at the end of each stage of an undisturbed run
     */
    public record Expected(List<Integer> stepsOfStages, List<Double> losses, List<Long> models) {
        public Expected {
            models = List.copyOf(models);
            stepsOfStages = List.copyOf(stepsOfStages);
            losses = List.copyOf(losses);
        }

        long globalStep(int stage, int step) {
            return stepsOfStages.subList(0, stage).stream()
                            .mapToLong(Integer::longValue)
                            .sum()
                    + step;
        }
    }

    private final Expected expected;
    private final LongSupplier clockMs;
    private final List<Violation> violations = new ArrayList<>();
    private final Map<StepId, Map<Integer, StepResult>> votes = new HashMap<>();
    private final Map<Integer, Integer> worldSizes = new TreeMap<>();
    private long committed;
    private long recorded;
    private int newestTerm;
    private int newestGeneration;

    public RunChecks(Expected expected, LongSupplier clockMs) {
        this.expected = expected;
        this.clockMs = clockMs;
    }

    public List<Violation> violations() {
        return List.copyOf(violations);
    }

    /** Steps that are in the journal as committed. */
    public long committed() {
        return committed;
    }

    public int newestGeneration() {
        return newestGeneration;
    }

    public void broken(Promise promise, String text) {
        if (violations.size() < VIOLATIONS_MAX) {
            violations.add(new Violation(clockMs.getAsLong(), promise, text));
        }
    }

    @SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
    public void require(boolean holds, Promise promise, String format, Object... facts) {
        if (!holds) {
            broken(promise, format.formatted(facts));
        }
    }

    /** A mesh incarnation begins to be started. */
    public void started(int generation, int worldSize) {
        worldSizes.put(generation, worldSize);
        newestGeneration = Math.max(newestGeneration, generation);
    }

    /** A rank has finished a command, whether the supervisor will hear of it or not. */
    public void finished(RankReport report) {
        if (report instanceof RankReport.StepFinished step) {
            votes.computeIfAbsent(step.at(), at -> new HashMap<>()).put(step.rank(), step.result());
        }
    }

    /** A supervisor began its term. */
    public void termBegan(int term) {
        newestTerm = Math.max(newestTerm, term);
    }

    /** An entry is in the journal. */
    public void journaled(int term, JournalEntry entry) {
        require(term == newestTerm, Promise.ONE_SUPERVISOR, "term %d wrote %s in term %d", term, entry, newestTerm);
        if (entry instanceof JournalEntry.StepCommitted step) {
            stepCommitted(step);
        }
    }

    private void stepCommitted(JournalEntry.StepCommitted step) {
        require(
                step.globalStep() == committed + 1,
                Promise.EACH_STEP_ONCE,
                "step %d was committed behind step %d",
                step.globalStep(),
                committed);
        committed = Math.max(committed, step.globalStep());
        require(
                step.globalStep() == expected.globalStep(step.stage(), step.step()),
                Promise.EACH_STEP_ONCE,
                "step %d of stage %d cannot be step %d of the run",
                step.step(),
                step.stage(),
                step.globalStep());
        allVoted(step);
        asUndisturbed(step);
    }

    private void allVoted(JournalEntry.StepCommitted step) {
        StepId at = new StepId(step.generation(), step.stage(), step.step() - 1);
        Map<Integer, StepResult> cast = votes.getOrDefault(at, Map.of());
        int worldSize = worldSizes.getOrDefault(step.generation(), -1);
        boolean agreed = cast.values().stream().allMatch(step.result()::equals);
        require(
                cast.size() == worldSize && agreed,
                Promise.ALL_VOTES,
                "%s was committed as %s with %d of %d votes: %s",
                at,
                step.result(),
                cast.size(),
                worldSize,
                cast);
    }

    private void asUndisturbed(JournalEntry.StepCommitted step) {
        if (step.globalStep() > expected.losses().size()) {
            return; // said above
        }
        double loss = expected.losses().get((int) step.globalStep() - 1);
        boolean same = step.result().applied() ? step.result().loss() == loss : Double.isNaN(loss);
        require(
                same,
                Promise.EACH_STEP_ONCE,
                "step %d was committed as %s, the undisturbed run has loss %s",
                step.globalStep(),
                step.result(),
                loss);
    }

    /** A committed step went into the metrics. */
    public void recorded(long globalStep) {
        require(
                globalStep <= committed,
                Promise.JOURNAL_FIRST,
                "step %d is in the metrics, the journal has %d",
                globalStep,
                committed);
        recorded = Math.max(recorded, globalStep);
    }

    /** A command goes to a node: only the newest supervisor ends processes; what else an old one says is fenced by its generation. */
    public void sent(int term, NodeCommand.FromSupervisor command) {
        boolean isRefusal = command instanceof NodeCommand.StopNode stop && stop.exitCode() == REFUSED;
        require(
                !(command instanceof NodeCommand.StopNode) || isRefusal || term == newestTerm,
                Promise.ONE_SUPERVISOR,
                "term %d sent %s in term %d",
                term,
                command,
                newestTerm);
    }

    /** A command goes to ranks: what it says is committed must be so. */
    public void sent(RankCommand.FromSupervisor command) {
        keepsWhatIsCommitted(command);
    }

    public int newestTerm() {
        return newestTerm;
    }

    private void keepsWhatIsCommitted(RankCommand.FromSupervisor command) {
        SnapshotId keepFrom = switch (command) {
            case RankCommand.RunStep step -> step.keepFrom();
            case RankCommand.SkipStep step -> step.keepFrom();
            default -> SnapshotId.NONE;
        };
        if (!keepFrom.equals(SnapshotId.NONE)) {
            long at = expected.globalStep(keepFrom.stage(), keepFrom.step());
            require(
                    at <= committed,
                    Promise.JOURNAL_FIRST,
                    "ranks were told to keep from %s, step %d, when the journal had %d",
                    keepFrom,
                    at,
                    committed);
        }
    }

    /** A process holds slices of so many snapshots. */
    public void held(String processId, int snapshots) {
        require(snapshots <= SNAPSHOTS_MAX, Promise.BOUNDED, "%s holds slices of %d snapshots", processId, snapshots);
    }

    /** A rank does a command. */
    public void ran(int generation, RankCommand.FromSupervisor command) {
        require(
                command.at().generation() == generation,
                Promise.FENCED,
                "a rank of generation %d did %s",
                generation,
                command);
    }

    /** A checkpoint is declared whole. */
    public void sealed(String checkpoint, int slices, int worldSize) {
        require(
                slices == worldSize,
                Promise.SNAPSHOT_KEPT,
                "%s was sealed with %d slices of %d",
                checkpoint,
                slices,
                worldSize);
    }

    /** The model that a stage leaves was written. */
    public void exported(int stage, long state) {
        require(
                state == expected.models().get(stage),
                Promise.SAME_MODEL,
                "the model after stage %d is %016x, that of the undisturbed run %016x",
                stage,
                state,
                expected.models().get(stage));
    }

    /** The run came to its end: at its last step, or at one that it saved. */
    public void finished(long steps) {
        require(
                committed == steps && recorded == committed,
                Promise.EACH_STEP_ONCE,
                "the run ended with %d steps in the journal and %d in the metrics instead of %d",
                committed,
                recorded,
                steps);
    }

    /** The journal, read again at the end: {@code entries} is all that counts. */
    public void reread(List<JournalEntry> entries) {
        long next = 1;
        for (JournalEntry entry : entries) {
            if (entry instanceof JournalEntry.StepCommitted step) {
                require(
                        step.globalStep() == next,
                        Promise.EACH_STEP_ONCE,
                        "the journal has step %d where step %d belongs",
                        step.globalStep(),
                        next);
                next = step.globalStep() + 1;
            }
        }
    }
}
