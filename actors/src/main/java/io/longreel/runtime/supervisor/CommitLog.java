package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Results of the newest committed steps, for comparison when they are computed again. Immutable to its users: longer logs share the list of
 * the shorter ones they grew from, so that a step costs no copy. Used by one thread.
 */
final class CommitLog {
    /** Longest log; results of older steps are not compared. */
    private static final int STEPS_MAX = 100_000;

    private final long from;
    private final int size;
    private final List<StepResult> shared;

    private CommitLog(long from, int size, List<StepResult> shared) {
        this.from = from;
        this.size = size;
        this.shared = shared;
    }

    /** An empty log; the first result that is added is that of this step, counted from 0 over the run. */
    static CommitLog from(long globalStep) {
        return new CommitLog(globalStep, 0, new ArrayList<>());
    }

    CommitLog with(StepResult result) {
        if (size == STEPS_MAX) {
            return from(from + size).with(result);
        }
        List<StepResult> list = shared.size() == size ? shared : new ArrayList<>(shared.subList(0, size));
        list.add(result);
        return new CommitLog(from, size + 1, list);
    }

    /** The result of a step, counted from 0 over the run; empty when it is not known any more, or not yet. */
    Optional<StepResult> result(long globalStep) {
        long index = globalStep - from;
        return index >= 0 && index < size ? Optional.of(shared.get((int) index)) : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CommitLog log
                && log.from == from
                && log.size == size
                && (log.shared == shared || log.shared.subList(0, size).equals(shared.subList(0, size)));
    }

    @Override
    public int hashCode() {
        return Long.hashCode(from) * 31 + size;
    }

    @Override
    public String toString() {
        return "CommitLog[from=%d size=%d]".formatted(from, size);
    }
}
