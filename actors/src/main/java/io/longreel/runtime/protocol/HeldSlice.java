package io.longreel.runtime.protocol;

/**
 * One rank's slice of a snapshot, whole and in the memory of the process that says so.
 *
 * @param rank whose state it is, in the mesh that took it
 * @param worldSize ranks of that mesh
 */
public record HeldSlice(SnapshotId snapshot, int rank, int worldSize) {
    public HeldSlice {
        Facts.atLeast(0, rank, "rank");
        Facts.atLeast(rank + 1, worldSize, "worldSize");
    }
}
