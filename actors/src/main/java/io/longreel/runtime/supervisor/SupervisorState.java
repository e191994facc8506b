package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.StepId;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Everything the supervisor knows. Immutable; only {@code SupervisorCore} makes the next one.
 *
 * @param generation of the mesh incarnation that is being formed or runs
 * @param crew who works on the run
 * @param placement where the ranks live, or lived last; empty before the first
 * @param progress how far the run has come
 * @param stop a clean end was asked for
 * @param recovery from the first failure to the next commit
 * @param saving a checkpoint that is being written beside the training
 * @param suspicion a step that is being computed again because its result was not believed
 * @param move why the ranks should be placed anew at the next border between steps, without anything being lost
 * @param orders what people have asked of the run
 * @param watch what is measured, and decides nothing about results
 * @param fencedCount messages of other generations, so far
 */
public record SupervisorState(
        JobPlan plan,
        int generation,
        Crew crew,
        Optional<Placement> placement,
        Progress progress,
        Phase phase,
        Optional<StopRequest> stop,
        Optional<Recovery> recovery,
        Optional<Saving> saving,
        Optional<Suspicion> suspicion,
        Optional<String> move,
        Orders orders,
        Watch watch,
        long fencedCount) {

    /** A clean end was asked for; at the deadline it ends without waiting any longer. */
    public record StopRequest(String reason, long deadlineMs) {}

    /** The state in which a supervisor starts a run, or goes on with one from disk. */
    public static SupervisorState initial(JobPlan plan, long nowMs) {
        return new SupervisorState(
                plan,
                plan.start().generation(),
                Crew.empty(),
                Optional.empty(),
                Progress.at(plan.start()),
                new Phase.Forming(nowMs + plan.joinTimeoutMs()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Orders.NONE,
                Watch.initial(nowMs),
                0);
    }

    /**
     * The state in which a supervisor takes over from one that is gone; its nodes still live, and say so by their beats.
     *
     * @param generation of the newest mesh incarnation that the run has had
     * @param expectedNodes nodes of that incarnation
     */
    public static SupervisorState takenOver(
            JobPlan plan, int generation, Progress progress, SortedSet<String> expectedNodes, long nowMs) {
        SupervisorState fresh = initial(plan, nowMs);
        return new SupervisorState(
                plan,
                generation,
                fresh.crew,
                fresh.placement,
                progress.endOfUnknown(generation),
                new Phase.Gathering(
                        expectedNodes, nowMs + plan.recovery().hangTimeout().toMillis()),
                fresh.stop,
                Optional.of(Recovery.begun(nowMs)),
                fresh.saving,
                fresh.suspicion,
                fresh.move,
                fresh.orders,
                fresh.watch,
                0);
    }

    public Position committed() {
        return progress.committed();
    }

    Position reached() {
        return progress.reached();
    }

    StepId at() {
        return at(reached().step());
    }

    StepId at(int step) {
        return new StepId(generation, reached().stage(), step);
    }

    /** The mesh of the current placement, or the one that the run wants. */
    public Mesh mesh() {
        return placement.map(Placement::mesh).orElse(plan.mesh());
    }

    int worldSize() {
        return mesh().worldSize();
    }

    SortedSet<Integer> allRanks() {
        return new TreeSet<>(mesh().worldGroup());
    }

    /** Processes that host ranks of the current placement. */
    SortedSet<String> placedIds() {
        SortedSet<String> ids = new TreeSet<>();
        placement.ifPresent(p -> p.ranks().forEach(site -> ids.add(site.processId())));
        return ids;
    }

    SupervisorState in(Phase next) {
        return change(draft -> draft.phase = next);
    }

    SupervisorState with(Crew next) {
        return change(draft -> draft.crew = next);
    }

    SupervisorState with(Progress next) {
        return change(draft -> draft.progress = next);
    }

    SupervisorState with(Watch next) {
        return change(draft -> draft.watch = next);
    }

    SupervisorState with(Orders next) {
        return change(draft -> draft.orders = next);
    }

    SupervisorState placed(Placement newPlacement) {
        return change(draft -> {
            draft.generation = newPlacement.generation();
            draft.placement = Optional.of(newPlacement);
            draft.move = Optional.empty(); // whoever was to go or to come is thought of in it
        });
    }

    /** The current mesh incarnation is over; what it did behind the committed position never happened. */
    SupervisorState nextGeneration() {
        return change(draft -> {
            draft.generation = generation + 1;
            draft.progress = progress.endOf(generation);
            draft.orders = orders.moved();
            draft.move = Optional.empty();
        });
    }

    SupervisorState recovering(Optional<Recovery> next) {
        return change(draft -> draft.recovery = next);
    }

    SupervisorState saving(Optional<Saving> next) {
        return change(draft -> draft.saving = next);
    }

    SupervisorState suspecting(Optional<Suspicion> next) {
        return change(draft -> draft.suspicion = next);
    }

    SupervisorState moving(String reason) {
        return change(draft -> draft.move = Optional.of(reason));
    }

    SupervisorState stopping(StopRequest request) {
        return change(draft -> draft.stop = Optional.of(request));
    }

    SupervisorState fencedOneMore() {
        return change(draft -> draft.fencedCount = fencedCount + 1);
    }

    private SupervisorState change(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** The next state while it is being made. */
    private static final class Draft {
        private final JobPlan plan;
        private int generation;
        private Crew crew;
        private Optional<Placement> placement;
        private Progress progress;
        private Phase phase;
        private Optional<StopRequest> stop;
        private Optional<Recovery> recovery;
        private Optional<Saving> saving;
        private Optional<Suspicion> suspicion;
        private Optional<String> move;
        private Orders orders;
        private Watch watch;
        private long fencedCount;

        Draft(SupervisorState state) {
            plan = state.plan;
            generation = state.generation;
            crew = state.crew;
            placement = state.placement;
            progress = state.progress;
            phase = state.phase;
            stop = state.stop;
            recovery = state.recovery;
            saving = state.saving;
            suspicion = state.suspicion;
            move = state.move;
            orders = state.orders;
            watch = state.watch;
            fencedCount = state.fencedCount;
        }

        SupervisorState done() {
            return new SupervisorState(
                    plan,
                    generation,
                    crew,
                    placement,
                    progress,
                    phase,
                    stop,
                    recovery,
                    saving,
                    suspicion,
                    move,
                    orders,
                    watch,
                    fencedCount);
        }
    }
}
