package io.longreel.chaos.checker;

/**
 * A broken promise.
 *
 * @param atMs virtual time at which it was seen
 * @param promise which one
 * @param text what was seen instead
 */
public record Violation(long atMs, Promise promise, String text) {
    /** What a run promises. */
    public enum Promise {
        /** Every step counts exactly once, in order, with the result that an undisturbed run has. */
        EACH_STEP_ONCE,
        /** A step counts only when every rank of one mesh incarnation reported the same result. */
        ALL_VOTES,
        /** Nobody acts on a commit that is not in the journal. */
        JOURNAL_FIRST,
        /** Once superseded, a supervisor changes nothing. */
        ONE_SUPERVISOR,
        /** What belongs to another mesh incarnation changes nothing. */
        FENCED,
        /** The newest committed snapshot is whole in the memories, and each slice of it in as many as was asked for. */
        SNAPSHOT_KEPT,
        /** The model at the end is that of the undisturbed run: each sample once, nothing else. */
        SAME_MODEL,
        /** When faults are over, the run comes to its end in time. */
        PROGRESS,
        /** Nothing grows without bound. */
        BOUNDED
    }

    @Override
    public String toString() {
        return "%s at %d ms: %s".formatted(promise, atMs, text);
    }
}
