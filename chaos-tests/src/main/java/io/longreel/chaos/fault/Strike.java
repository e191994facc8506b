package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.Phase;

/**
 * One fault that struck, as {@code faults.jsonl} has it.
 *
 * @param fault index of the fault in the run's configuration
 * @param number how often the fault has struck with this strike, from 1
 * @param atMs wall-clock time just before it struck: to be compared with the journal, which another process writes
 */
public record Strike(
        int fault,
        int number,
        Action action,
        Phase phase,
        int rank,
        String nodeId,
        String processId,
        int generation,
        int stage,
        int step,
        long atMs) {

    /** The same strike, counted. */
    Strike numbered(int newNumber) {
        return new Strike(fault, newNumber, action, phase, rank, nodeId, processId, generation, stage, step, atMs);
    }

    /** What a fault's strikes are counted by: in the whole run, or, where it is links that suffer, for each sending rank. */
    record Count(int fault, int rank) {
        static Count of(int fault, Action action, int rank) {
            return new Count(fault, action.disturbsLinks() ? rank : 0);
        }
    }

    Count count() {
        return Count.of(fault, action, rank);
    }
}
