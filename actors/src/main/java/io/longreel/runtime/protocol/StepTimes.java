package io.longreel.runtime.protocol;

/**
 * Where a rank's time went in a step.
 *
 * @param totalNs from the command to the answer
 * @param waitedNs of it, waiting for peers
 * @param snapshotNs of it, taking the snapshot
 */
public record StepTimes(long totalNs, long waitedNs, long snapshotNs) {
    public StepTimes {
        Facts.atLeast(0, totalNs, "totalNs");
        Facts.atLeast(0, waitedNs, "waitedNs");
        Facts.atLeast(0, snapshotNs, "snapshotNs");
    }
}
