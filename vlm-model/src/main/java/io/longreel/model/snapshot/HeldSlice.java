package io.longreel.model.snapshot;

import java.util.Comparator;

/**
 * One rank's slice of a snapshot, as a process says that it holds it.
 *
 * @param rank rank of the mesh that took the snapshot
 * @param worldSize ranks of that mesh: so many slices are the whole snapshot
 * @param own whether a rank of this process took it, as opposed to holding it for a peer
 */
public record HeldSlice(SnapshotKey key, int rank, int worldSize, boolean own) implements Comparable<HeldSlice> {
    private static final Comparator<HeldSlice> ORDER =
            Comparator.comparing(HeldSlice::key).thenComparingInt(HeldSlice::rank);

    public HeldSlice {
        if (rank < 0 || rank >= worldSize) {
            throw new IllegalArgumentException("rank must lie in the mesh that took the snapshot: rank=%d worldSize=%d"
                    .formatted(rank, worldSize));
        }
    }

    @Override
    public int compareTo(HeldSlice other) {
        return ORDER.compare(this, other);
    }
}
