package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.SupervisorState.StopRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a supervisor that takes over finds out from the journal of the ones before it: what counts, how far the ranks of each mesh incarnation had
 * agreed, and who is there to be heard of. What is not in the journal never happened. For one reading.
 */
public final class Takeover {
    private final JobPlan plan;
    private final Map<Long, StepResult> results = new HashMap<>();
    private final SortedSet<Integer> evaluated = new TreeSet<>();
    private final SortedSet<Long> skipped = new TreeSet<>();
    private final SortedMap<Integer, Position> limits = new TreeMap<>();
    private final SortedSet<String> nodes = new TreeSet<>();
    private Position committed;
    private long savedGlobalStep;
    private String mesh = "";
    private Optional<String> stop = Optional.empty();
    private Orders orders = Orders.NONE;

    private Takeover(JobPlan plan) {
        this.plan = plan;
        this.committed = plan.start().position();
    }

    /** The state in which a supervisor goes on with a run that has not ended. */
    public static SupervisorState of(JobPlan plan, JournalHistory history, long nowMs) {
        Takeover takeover = new Takeover(plan);
        takeover.begin(plan.start().position());
        history.entries().forEach(takeover::read);
        if (!takeover.mesh.equals(plan.mesh().toString())) {
            takeover.results.clear(); // no placement tells of which mesh they are
        }
        Progress progress = Progress.takenOver(
                plan.start(),
                takeover.committed,
                takeover.results,
                takeover.evaluated,
                takeover.savedGlobalStep,
                takeover.limits,
                takeover.skipped);
        SupervisorState state = SupervisorState.takenOver(
                        plan, history.lastGeneration(), progress, takeover.nodes, nowMs)
                .with(takeover.orders);
        return takeover.stop
                .map(reason -> state.stopping(new StopRequest(reason, nowMs + EndingRules.STOP_GRACE_MS)))
                .orElse(state);
    }

    private void begin(Position position) {
        committed = position;
        savedGlobalStep = position.globalStep();
        results.clear();
        limits.clear();
        nodes.clear();
        stop = Optional.empty();
        orders = Orders.NONE; // whoever takes a run up again wants it to go on
        evaluated.addAll(plan.start().evaluatedStages());
        skipped.addAll(plan.start().skippedSteps());
    }

    private void read(JournalEntry entry) {
        switch (entry) {
            case JournalEntry.RunStarted started -> begin(positionOf(started.globalStep()));
            case JournalEntry.Placed placed -> placed(placed);
            case JournalEntry.NodeLost lost -> nodes.remove(lost.nodeId());
            case JournalEntry.Restored restored ->
                agreed(restored.generation(), plan.position(restored.stage(), restored.step()));
            case JournalEntry.StageBegan began -> stageBegan(began);
            case JournalEntry.StepCommitted step -> stepCommitted(step);
            case JournalEntry.SamplesQuarantined samples -> {
                if (samples.isSkipped()) {
                    skipped.add(samples.globalStep());
                }
            }
            case JournalEntry.CheckpointCommitted saved -> {
                savedGlobalStep = Math.max(savedGlobalStep, saved.globalStep());
                orders = orders.wantingCheckpoint(false);
            }
            case JournalEntry.EvaluationFinished finished -> evaluated.add(finished.stage());
            case JournalEntry.StopRequested asked -> stop = Optional.of(asked.reason());
            case JournalEntry.PauseOrdered e -> orders = orders.with(Orders.Pause.ORDERED);
            case JournalEntry.PauseEnded e -> orders = orders.with(Orders.Pause.NONE);
            case JournalEntry.CheckpointRequested e -> orders = orders.wantingCheckpoint(true);
            case JournalEntry.KillOrdered e -> {} // it is told by the loss of its node
            case JournalEntry.TermBegan e -> {}
            case JournalEntry.Recovering e -> {} // how far the old incarnation came is known from its own entries
            case JournalEntry.NodeQuarantined e -> {} // its time ran on another clock
            case JournalEntry.StepsCommitted e -> {} // older builds did not recover
            case JournalEntry.SlicesSaved e -> {}
            case JournalEntry.StageEnded e -> {}
            case JournalEntry.StageExported e -> {} // written again when the stage's end is
            case JournalEntry.ModelExported e -> {}
            case JournalEntry.RunEnded e -> {}
        }
    }

    private void placed(JournalEntry.Placed placed) {
        nodes.clear();
        nodes.addAll(placed.nodeIds());
        String next = placed.mesh() == null ? "" : placed.mesh();
        if (!next.equals(mesh)) {
            results.clear(); // results of another mesh agree to rounding only
        }
        mesh = next;
        limits.putIfAbsent(placed.generation(), plan.start().position());
    }

    private void stageBegan(JournalEntry.StageBegan began) {
        Position position = plan.position(began.stage(), 0);
        agreed(began.generation(), position);
        if (committed.isBefore(position)) {
            committed = position;
        }
    }

    private void stepCommitted(JournalEntry.StepCommitted step) {
        committed = plan.position(step.stage(), step.step());
        results.put(step.globalStep() - 1, step.result());
        agreed(step.generation(), committed);
    }

    private void agreed(int generation, Position position) {
        limits.merge(generation, position, (known, newer) -> known.isBefore(newer) ? newer : known);
    }

    private Position positionOf(long globalStep) {
        long rest = globalStep;
        int stage = 0;
        while (stage + 1 < plan.stages().size()
                && rest > plan.stages().get(stage).steps()) {
            rest -= plan.stages().get(stage).steps();
            stage++;
        }
        return new Position(stage, (int) rest, globalStep);
    }
}
