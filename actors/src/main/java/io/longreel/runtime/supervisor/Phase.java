package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the supervisor waits for. {@code waiting} are the ranks that have not reported yet.
 *
 * <pre>
 *   Forming -> Connecting -> Loading -> BeginningStage -> Training <-> Saving -> Sealing
 *                                            ^               |
 *                                            |          EndingStage -> Evaluating -> RecordingEvaluation
 *                                            +---- next stage ---------------------------+
 *                                                                                        +-> Exporting -> Closing -> Ended
 *   any of them -> Failing -> Ended; a stop ends the run from any of them
 * </pre>
 */
public sealed interface Phase {
    /** Nodes join. */
    record Forming(long deadlineMs) implements Phase {}

    /** Ranks open their links to each other. */
    record Connecting(SortedSet<Integer> waiting) implements Phase {}

    /** Weights are made, loaded or restored. */
    record Loading(SortedSet<Integer> waiting) implements Phase {}

    record BeginningStage(SortedSet<Integer> waiting) implements Phase {}

    record Training(Votes<StepFinished> votes) implements Phase {}

    /** Ranks write their slices of a checkpoint at the committed position. */
    record Saving(SortedMap<Integer, Slice> slices) implements Phase {
        public Saving {
            slices = Collections.unmodifiableSortedMap(slices);
        }

        Saving with(Slice slice) {
            SortedMap<Integer, Slice> all = new TreeMap<>(slices);
            all.put(slice.rank(), slice);
            return new Saving(all);
        }
    }

    /** The manifest is being written. */
    record Sealing() implements Phase {}

    record EndingStage(SortedSet<Integer> waiting) implements Phase {}

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

    /** Rank 0 writes the model; the others bring their shares of it. */
    record Exporting(SortedSet<Integer> waiting) implements Phase {}

    /** The closing report is being written. */
    record Closing() implements Phase {}

    /** Something is lost; a better cause than the first symptom may still arrive. */
    record Failing(List<Failure> failures, long deadlineMs) implements Phase {
        public Failing {
            failures = List.copyOf(failures);
        }
    }

    record Ended(int exitCode, String message) implements Phase {}

    /**
     * One thing that went wrong.
     *
     * @param isCause false for what only follows from something else, such as a wait that was given up
     */
    record Failure(RuntimeFailure.Category category, String message, boolean isCause) {}

    /** {@code waiting} without a rank. */
    static SortedSet<Integer> without(Set<Integer> waiting, int rank) {
        SortedSet<Integer> rest = new TreeSet<>(waiting);
        rest.remove(rank);
        return Collections.unmodifiableSortedSet(rest);
    }
}
