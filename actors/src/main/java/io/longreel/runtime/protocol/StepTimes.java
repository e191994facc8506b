package io.longreel.runtime.protocol;

/**
 * Where a rank's time went in a step.
 *
 * @param totalNs from the command to the answer
 * @param waitedNs of it, waiting for peers
 * @param snapshotNs of it, taking the snapshot
 * @param dataNs of it, waiting for its share of the step's samples
 */
public record StepTimes(long totalNs, long waitedNs, long snapshotNs, long dataNs) {
    public StepTimes {
        Facts.atLeast(0, totalNs, "totalNs");
        Facts.atLeast(0, waitedNs, "waitedNs");
        Facts.atLeast(0, snapshotNs, "snapshotNs");
        Facts.atLeast(0, dataNs, "dataNs");
    }

    /** Of a step whose samples were there. */
    public StepTimes(long totalNs, long waitedNs, long snapshotNs) {
        this(totalNs, waitedNs, snapshotNs, 0);
    }

    /** The rank's own work. */
    public long ownNs() {
        return totalNs - waitedNs - snapshotNs - dataNs;
    }
}
