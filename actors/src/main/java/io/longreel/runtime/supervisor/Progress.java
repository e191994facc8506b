package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepResult;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How far the run has come. Immutable.
 *
 * @param reached position that the ranks of the current mesh incarnation agreed on; behind {@code committed} while steps are computed again
 * @param committed newest position that counts; never goes back
 * @param log results of the newest committed steps
 * @param evaluated stages whose evaluation is on disk
 * @param savedGlobalStep steps that the newest checkpoint holds; 0 without a checkpoint
 * @param keepFrom newest snapshot that all ranks took and that is committed; older ones are not needed
 * @param limits position up to which snapshots of a mesh incarnation that is over can be trusted, by generation
 * @param skipped steps, counted from 0 over the run, whose samples were found to be harmful
 * @param unappliedInARow newest committed steps that changed no weight
 */
public record Progress(
        Position reached,
        Position committed,
        CommitLog log,
        Set<Integer> evaluated,
        long savedGlobalStep,
        SnapshotId keepFrom,
        SortedMap<Integer, Position> limits,
        Set<Long> skipped,
        int unappliedInARow) {

    public Progress {
        evaluated = Set.copyOf(evaluated);
        limits = Collections.unmodifiableSortedMap(limits);
        skipped = Set.copyOf(skipped);
    }

    static Progress at(JobPlan.Start start) {
        return new Progress(
                start.position(),
                start.position(),
                CommitLog.from(start.position().globalStep()),
                start.evaluatedStages(),
                start.position().globalStep(),
                SnapshotId.NONE,
                new TreeMap<>(),
                start.skippedSteps(),
                0);
    }

    /** Whether the newest checkpoint lacks what the ranks have reached. */
    boolean hasUnsavedSteps() {
        return reached.globalStep() > savedGlobalStep;
    }

    /** Whether the ranks compute again what is committed. */
    boolean isReplaying() {
        return reached.globalStep() < committed.globalStep();
    }

    /** The ranks agreed on one more step, and it counts from now on. */
    Progress committedOneMore(StepResult result, boolean changedNothing) {
        Position next = reached.committedOneMore();
        return new Progress(
                next,
                next,
                log.with(result),
                evaluated,
                savedGlobalStep,
                keepFrom,
                limits,
                skipped,
                changedNothing ? unappliedInARow + 1 : 0);
    }

    /** Whether the newest committed step had nothing to learn from. */
    boolean learnedNothing() {
        return log.result(committed.globalStep() - 1)
                .filter(result -> result.labelledTokens() == 0)
                .isPresent();
    }

    /** The ranks agreed on a step that counted already. */
    Progress replayedOneMore() {
        return at(reached.committedOneMore());
    }

    /** The ranks stand at a position; what is committed stays so. */
    Progress at(Position position) {
        Position newest = committed.isBefore(position) ? position : committed;
        return new Progress(
                position, newest, log, evaluated, savedGlobalStep, keepFrom, limits, skipped, unappliedInARow);
    }

    /** Results of another mesh agree to rounding only and cannot be compared. */
    Progress withoutLog() {
        return new Progress(
                reached,
                committed,
                CommitLog.from(committed.globalStep()),
                evaluated,
                savedGlobalStep,
                keepFrom,
                limits,
                skipped,
                unappliedInARow);
    }

    Progress withEvaluated(int stage) {
        Set<Integer> all = new TreeSet<>(evaluated);
        all.add(stage);
        return new Progress(reached, committed, log, all, savedGlobalStep, keepFrom, limits, skipped, unappliedInARow);
    }

    Progress saved(long globalStep) {
        return savedOnlyUpTo(Math.max(savedGlobalStep, globalStep));
    }

    /** The disk was looked at: its newest whole checkpoint is this one. */
    Progress savedOnlyUpTo(long globalStep) {
        return new Progress(reached, committed, log, evaluated, globalStep, keepFrom, limits, skipped, unappliedInARow);
    }

    /** All ranks hold a snapshot: older incarnations' are not needed any more. */
    Progress keepingFrom(SnapshotId snapshot) {
        // A copy, and only where something goes: views of views would grow with each snapshot.
        boolean allStay = limits.isEmpty() || limits.firstKey() >= snapshot.generation();
        SortedMap<Integer, Position> newest = allStay ? limits : new TreeMap<>(limits.tailMap(snapshot.generation()));
        return new Progress(
                reached, committed, log, evaluated, savedGlobalStep, snapshot, newest, skipped, unappliedInARow);
    }

    /**
     * A mesh incarnation is over: what its ranks did behind the position that they agreed on never happened. That may lie before the committed
     * one: a step that is computed again and comes out differently is not to be trusted because an earlier incarnation had it right.
     */
    Progress endOf(int generation) {
        SortedMap<Integer, Position> all = new TreeMap<>(limits);
        all.putIfAbsent(generation, reached);
        return new Progress(
                reached, committed, log, evaluated, savedGlobalStep, keepFrom, all, skipped, unappliedInARow);
    }

    /** Likewise, when its end was not seen: what is known of it, or else what is committed, is what its ranks had agreed on. */
    Progress endOfUnknown(int generation) {
        SortedMap<Integer, Position> all = new TreeMap<>(limits);
        all.putIfAbsent(generation, committed);
        return new Progress(
                reached, committed, log, evaluated, savedGlobalStep, keepFrom, all, skipped, unappliedInARow);
    }

    Progress skipping(long globalStep) {
        Set<Long> all = new TreeSet<>(skipped);
        all.add(globalStep);
        return new Progress(
                reached, committed, log, evaluated, savedGlobalStep, keepFrom, limits, all, unappliedInARow);
    }

    /** Whether a snapshot's state is part of the run's history. */
    boolean trusts(SnapshotId snapshot) {
        Position limit = limits.get(snapshot.generation());
        return limit != null
                && (snapshot.stage() < limit.stage()
                        || (snapshot.stage() == limit.stage() && snapshot.step() <= limit.step()));
    }

    /** What a supervisor finds out that takes over from another one. */
    static Progress takenOver(
            JobPlan.Start start,
            Position committed,
            Map<Long, StepResult> results,
            Set<Integer> evaluated,
            long savedGlobalStep,
            SortedMap<Integer, Position> limits,
            Set<Long> skipped) {
        Deque<StepResult> newest = new ArrayDeque<>();
        long first = committed.globalStep();
        for (StepResult result = results.get(first - 1); result != null; result = results.get(first - 1)) {
            newest.addFirst(result);
            first--;
        }
        CommitLog log = CommitLog.from(first);
        for (StepResult result : newest) {
            log = log.with(result);
        }
        return new Progress(
                start.position(), committed, log, evaluated, savedGlobalStep, SnapshotId.NONE, limits, skipped, 0);
    }
}
