package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the supervisor waits for. {@code waiting} are the ranks that have not reported yet.
 *
 * <pre>
 *   Forming -> Connecting -> Loading -> BeginningStage -> Training <-> Snapshotting
 *                  ^                         ^               |
 *                  |                         |          EndingStage -> Evaluating -> RecordingEvaluation
 *                  |                         +---- next stage <- ExportingStage <--------+
 *                  |                                                                     +-> Exporting -> Closing -> Ended
 *   Loading -> Serving       (a job without stages)
 *   any of them -> Stopping -> Seeking     (a fault, or ranks that move)
 *   Gathering   -> Stopping                (a supervisor that takes over)
 *   a stop, or a failure that cannot be recovered from, ends the run from any of them
 * </pre>
 */
public sealed interface Phase {
    /** All ranks were told the same, and each answers once. */
    sealed interface AllRanks extends Phase {
        SortedSet<Integer> waiting();

        /** A rank has answered. */
        AllRanks without(int rank);
    }

    /** Nodes join. */
    record Forming(long deadlineMs) implements Phase {}

    /** Nodes of another supervisor's run make themselves known; {@code expected} are the node ids that are still missing. */
    record Gathering(SortedSet<String> expected, long deadlineMs) implements Phase {
        public Gathering {
            expected = Collections.unmodifiableSortedSet(expected);
        }
    }

    /**
     * Nodes stop the ranks of the incarnation that is over.
     *
     * @param waiting processes that have not answered
     * @param held what the others have in memory, by process
     * @param pauseMs how long nothing is tried afterwards: what failed several times in a row gets time to pass
     */
    record Stopping(SortedSet<String> waiting, Map<String, List<HeldSlice>> held, long pauseMs, long deadlineMs)
            implements Phase {
        public Stopping {
            waiting = Collections.unmodifiableSortedSet(waiting);
            held = Collections.unmodifiableMap(held);
        }

        Stopping until(long deadlineMs) {
            return new Stopping(waiting, held, pauseMs, deadlineMs);
        }

        /** All have answered. */
        Seeking over(long nowMs, long patienceMs) {
            long notBeforeMs = nowMs + pauseMs;
            return new Seeking(
                    held,
                    pauseMs == 0 ? OptionalLong.empty() : OptionalLong.of(notBeforeMs),
                    notBeforeMs + patienceMs,
                    false);
        }

        Stopping heard(String processId, List<HeldSlice> slices) {
            Map<String, List<HeldSlice>> all = new TreeMap<>(held);
            all.put(processId, slices);
            return new Stopping(Phase.without(waiting, processId), all, pauseMs, deadlineMs);
        }

        Stopping lost(String processId) {
            Map<String, List<HeldSlice>> rest = new TreeMap<>(held);
            rest.remove(processId);
            return new Stopping(Phase.without(waiting, processId), rest, pauseMs, deadlineMs);
        }
    }

    /**
     * Places for the ranks and a source of their state are looked for.
     *
     * @param notBeforeMs until then nothing is tried; empty: when that is over
     * @param deadlineMs until then it is worth waiting for nodes
     * @param isReadingDisk whether the recorder looks for a checkpoint
     */
    record Seeking(Map<String, List<HeldSlice>> held, OptionalLong notBeforeMs, long deadlineMs, boolean isReadingDisk)
            implements Phase {
        public Seeking {
            held = Collections.unmodifiableMap(held);
        }

        boolean isPausing(long nowMs) {
            return notBeforeMs.isPresent() && nowMs < notBeforeMs.getAsLong();
        }

        Seeking withoutPause() {
            return new Seeking(held, OptionalLong.empty(), deadlineMs, isReadingDisk);
        }

        Seeking readingDisk(boolean isReading) {
            return new Seeking(held, notBeforeMs, deadlineMs, isReading);
        }

        /** All patience begins again behind the pause. */
        Seeking waiting(long nowMs, long patienceMs) {
            return new Seeking(
                    held, notBeforeMs, Math.max(nowMs, notBeforeMs.orElse(nowMs)) + patienceMs, isReadingDisk);
        }

        Seeking lost(String processId) {
            Map<String, List<HeldSlice>> rest = new TreeMap<>(held);
            rest.remove(processId);
            return new Seeking(rest, notBeforeMs, deadlineMs, isReadingDisk);
        }
    }

    /** Ranks open their links to each other. */
    record Connecting(SortedSet<Integer> waiting, Source source) implements AllRanks {
        @Override
        public Connecting without(int rank) {
            return new Connecting(Phase.without(waiting, rank), source);
        }
    }

    /** Weights are made, loaded or restored. */
    record Loading(SortedSet<Integer> waiting, Source source) implements AllRanks {
        @Override
        public Loading without(int rank) {
            return new Loading(Phase.without(waiting, rank), source);
        }
    }

    record BeginningStage(SortedSet<Integer> waiting) implements AllRanks {
        @Override
        public BeginningStage without(int rank) {
            return new BeginningStage(Phase.without(waiting, rank));
        }
    }

    /** {@code snapshots} are the steps in flight behind which a snapshot is taken. */
    record Training(Votes<StepFinished> votes, Set<Integer> snapshots) implements Phase {
        public Training {
            snapshots = Set.copyOf(snapshots);
        }
    }

    /**
     * Ranks answer questions.
     *
     * @param tick in flight, which {@code waiting} have not done yet; 0 = none
     * @param result what those have said that have
     * @param sinceMs when the incarnation began to serve
     */
    record Serving(long tick, SortedSet<Integer> waiting, Optional<TickResult> result, long sinceMs) implements Phase {
        boolean isIdle() {
            return tick == 0;
        }

        Serving heard(int rank, TickResult joined) {
            return new Serving(tick, Phase.without(waiting, rank), Optional.of(joined), sinceMs);
        }

        Serving idle() {
            return new Serving(0, waiting, Optional.empty(), sinceMs);
        }
    }

    /** Ranks that stand still take a snapshot. */
    record Snapshotting(SortedSet<Integer> waiting) implements AllRanks {
        @Override
        public Snapshotting without(int rank) {
            return new Snapshotting(Phase.without(waiting, rank));
        }
    }

    record EndingStage(SortedSet<Integer> waiting) implements AllRanks {
        @Override
        public EndingStage without(int rank) {
            return new EndingStage(Phase.without(waiting, rank));
        }
    }

    record Evaluating(Votes<CellEvaluated> votes, List<CellOutcome> done) implements Phase {
        public Evaluating {
            done = List.copyOf(done);
        }
    }

    /** Result files of the evaluation are being written. */
    record RecordingEvaluation(List<CellOutcome> cells) implements Phase {
        public RecordingEvaluation {
            cells = List.copyOf(cells);
        }
    }

    /** Rank 0 writes the model that a stage leaves; the others bring their shares of it. */
    record ExportingStage(SortedSet<Integer> waiting) implements AllRanks {
        @Override
        public ExportingStage without(int rank) {
            return new ExportingStage(Phase.without(waiting, rank));
        }
    }

    /** Rank 0 writes the model of the run, likewise. */
    record Exporting(SortedSet<Integer> waiting) implements AllRanks {
        @Override
        public Exporting without(int rank) {
            return new Exporting(Phase.without(waiting, rank));
        }
    }

    /** The closing report is being written, and perhaps still the last checkpoint. */
    record Closing(boolean isReported) implements Phase {}

    record Ended(int exitCode, String message) implements Phase {}

    /**
     * One thing that went wrong.
     *
     * @param isCause false for what only follows from something else, such as a wait that was given up
     */
    record Failure(RuntimeFailure.Category category, String message, boolean isCause) {}

    /** {@code waiting} without one that has answered. */
    static <T extends Comparable<T>> SortedSet<T> without(Set<T> waiting, T one) {
        SortedSet<T> rest = new TreeSet<>(waiting);
        rest.remove(one);
        return Collections.unmodifiableSortedSet(rest);
    }
}
