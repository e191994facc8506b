package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.StepId;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

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
        Watch watch,
        long fencedCount) {

    /** A clean end was asked for; at the deadline it ends without waiting any longer. */
    public record StopRequest(String reason, long deadlineMs) {}

    /**
     * What is measured while the run goes on.
     *
     * @param tickMs when the clock was looked at last
     * @param movedMs when anything was seen to get on: a phase that changed, a rank that computed or exchanged something
     * @param askedMs when the recorder was asked whether it has caught up; empty when it has
     */
    public record Watch(
            long tickMs,
            long movedMs,
            OptionalLong askedMs,
            SnapshotPace pace,
            Stragglers stragglers,
            LossHistory losses) {
        static Watch initial(long nowMs) {
            return new Watch(
                    nowMs,
                    nowMs,
                    OptionalLong.empty(),
                    SnapshotPace.initial(nowMs),
                    Stragglers.none(),
                    LossHistory.empty());
        }

        Watch ticked(long nowMs) {
            return new Watch(nowMs, movedMs, askedMs, pace, stragglers, losses);
        }

        Watch moved(long nowMs) {
            return new Watch(tickMs, nowMs, askedMs, pace, stragglers, losses);
        }

        Watch asked(OptionalLong sinceMs) {
            return new Watch(tickMs, movedMs, sinceMs, pace, stragglers, losses);
        }

        Watch with(SnapshotPace next) {
            return new Watch(tickMs, movedMs, askedMs, next, stragglers, losses);
        }

        Watch with(Stragglers next) {
            return new Watch(tickMs, movedMs, askedMs, pace, next, losses);
        }

        Watch with(LossHistory next) {
            return new Watch(tickMs, movedMs, askedMs, pace, stragglers, next);
        }
    }

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
                Optional.of(Recovery.begun(nowMs, progress.committed().globalStep())),
                fresh.saving,
                fresh.suspicion,
                fresh.move,
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
        return new SupervisorState(
                plan,
                generation,
                crew,
                placement,
                progress,
                next,
                stop,
                recovery,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState with(Crew next) {
        return new SupervisorState(
                plan,
                generation,
                next,
                placement,
                progress,
                phase,
                stop,
                recovery,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState with(Progress next) {
        return new SupervisorState(
                plan,
                generation,
                crew,
                placement,
                next,
                phase,
                stop,
                recovery,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState with(Watch next) {
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
                next,
                fencedCount);
    }

    SupervisorState placed(Placement newPlacement) {
        return new SupervisorState(
                plan,
                newPlacement.generation(),
                crew,
                Optional.of(newPlacement),
                progress,
                phase,
                stop,
                recovery,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    /** The current mesh incarnation is over; what it did behind the committed position never happened. */
    SupervisorState nextGeneration() {
        return new SupervisorState(
                plan,
                generation + 1,
                crew,
                placement,
                progress.endOf(generation),
                phase,
                stop,
                recovery,
                saving,
                suspicion,
                Optional.empty(),
                watch,
                fencedCount);
    }

    SupervisorState recovering(Optional<Recovery> next) {
        return new SupervisorState(
                plan,
                generation,
                crew,
                placement,
                progress,
                phase,
                stop,
                next,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState saving(Optional<Saving> next) {
        return new SupervisorState(
                plan,
                generation,
                crew,
                placement,
                progress,
                phase,
                stop,
                recovery,
                next,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState suspecting(Optional<Suspicion> next) {
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
                next,
                move,
                watch,
                fencedCount);
    }

    SupervisorState moving(String reason) {
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
                Optional.of(reason),
                watch,
                fencedCount);
    }

    SupervisorState stopping(StopRequest request) {
        return new SupervisorState(
                plan,
                generation,
                crew,
                placement,
                progress,
                phase,
                Optional.of(request),
                recovery,
                saving,
                suspicion,
                move,
                watch,
                fencedCount);
    }

    SupervisorState fencedOneMore() {
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
                watch,
                fencedCount + 1);
    }
}
