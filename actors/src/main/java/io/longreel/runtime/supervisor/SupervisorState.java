package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.StepId;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything the supervisor knows. Immutable; only {@code SupervisorCore} makes the next one.
 *
 * @param generation of the mesh incarnation that is being formed or runs
 * @param members nodes that joined, by process id
 * @param placement where the ranks live; empty while nodes join
 * @param committed steps that all ranks agreed on
 * @param savedGlobalStep committed steps that the newest checkpoint holds; 0 without a checkpoint
 * @param stop a clean end was asked for
 * @param unappliedInARow newest committed steps that changed no weight because a value was not finite
 * @param fencedCount messages of other generations, so far
 */
public record SupervisorState(
        JobPlan plan,
        int generation,
        SortedMap<String, Member> members,
        Optional<Placement> placement,
        Position committed,
        long savedGlobalStep,
        Phase phase,
        Optional<StopRequest> stop,
        int unappliedInARow,
        long fencedCount) {

    public SupervisorState {
        members = Collections.unmodifiableSortedMap(members);
    }

    /** A worker process. {@code isReady} when it can host ranks. */
    public record Member(
            String processId, String nodeId, boolean isReady, String dataEndpoint, String driverDirectory) {}

    /** A clean end was asked for; at the deadline it ends without waiting any longer. */
    public record StopRequest(String reason, long deadlineMs) {}

    /** The state in which a supervisor starts. */
    public static SupervisorState initial(JobPlan plan, long nowMs) {
        return new SupervisorState(
                plan,
                plan.start().generation(),
                new TreeMap<>(),
                Optional.empty(),
                plan.start().position(),
                plan.start().position().globalStep(),
                new Phase.Forming(nowMs + plan.joinTimeoutMs()),
                Optional.empty(),
                0,
                0);
    }

    StepId at() {
        return new StepId(generation, committed.stage(), committed.step());
    }

    StepId at(int step) {
        return new StepId(generation, committed.stage(), step);
    }

    int worldSize() {
        return plan.mesh().worldSize();
    }

    SortedSet<Integer> allRanks() {
        return new TreeSet<>(plan.mesh().worldGroup());
    }

    /** Whether the newest checkpoint lacks committed steps. */
    boolean hasUnsavedSteps() {
        return committed.globalStep() > savedGlobalStep;
    }

    SupervisorState in(Phase next) {
        return new SupervisorState(
                plan,
                generation,
                members,
                placement,
                committed,
                savedGlobalStep,
                next,
                stop,
                unappliedInARow,
                fencedCount);
    }

    SupervisorState with(Member member) {
        SortedMap<String, Member> all = new TreeMap<>(members);
        all.put(member.processId(), member);
        return new SupervisorState(
                plan,
                generation,
                all,
                placement,
                committed,
                savedGlobalStep,
                phase,
                stop,
                unappliedInARow,
                fencedCount);
    }

    SupervisorState placed(Placement newPlacement) {
        return new SupervisorState(
                plan,
                newPlacement.generation(),
                members,
                Optional.of(newPlacement),
                committed,
                savedGlobalStep,
                phase,
                stop,
                unappliedInARow,
                fencedCount);
    }

    SupervisorState committed(Position position, int unapplied) {
        return new SupervisorState(
                plan, generation, members, placement, position, savedGlobalStep, phase, stop, unapplied, fencedCount);
    }

    SupervisorState saved() {
        return new SupervisorState(
                plan,
                generation,
                members,
                placement,
                committed,
                committed.globalStep(),
                phase,
                stop,
                unappliedInARow,
                fencedCount);
    }

    SupervisorState stopping(StopRequest request) {
        return new SupervisorState(
                plan,
                generation,
                members,
                placement,
                committed,
                savedGlobalStep,
                phase,
                Optional.of(request),
                unappliedInARow,
                fencedCount);
    }

    SupervisorState fencedOneMore() {
        return new SupervisorState(
                plan,
                generation,
                members,
                placement,
                committed,
                savedGlobalStep,
                phase,
                stop,
                unappliedInARow,
                fencedCount + 1);
    }
}
