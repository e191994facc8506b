package io.longreel.model.snapshot;

import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * What can be restored from the slices that all processes together hold, own and peers'. Who holds one does not matter. Immutable.
 */
public final class SnapshotCoverage {
    private record Ranks(int worldSize, BitSet held) {}

    private final TreeMap<SnapshotKey, Ranks> snapshots = new TreeMap<>();

    private SnapshotCoverage() {}

    /** @param held the inventories of all processes that can be reached */
    public static SnapshotCoverage of(Collection<HeldSlice> held) {
        SnapshotCoverage coverage = new SnapshotCoverage();
        for (HeldSlice slice : held) {
            Ranks ranks =
                    coverage.snapshots.computeIfAbsent(slice.key(), key -> new Ranks(slice.worldSize(), new BitSet()));
            if (ranks.worldSize != slice.worldSize()) {
                throw new IllegalArgumentException("slices of a snapshot must be of one mesh: %s worldSize=%d and %d"
                        .formatted(slice.key(), ranks.worldSize, slice.worldSize()));
            }
            ranks.held.set(slice.rank());
        }
        return coverage;
    }

    /** Whether every slice of a snapshot is held somewhere. */
    public boolean isComplete(SnapshotKey key) {
        Ranks ranks = snapshots.get(key);
        return ranks != null && ranks.held.cardinality() == ranks.worldSize;
    }

    /** Ranks whose slice of a snapshot nobody holds; empty when it is complete, and when nobody knows the snapshot. */
    public List<Integer> missingRanks(SnapshotKey key) {
        Ranks ranks = snapshots.get(key);
        if (ranks == null) {
            return List.of();
        }
        BitSet missing = (BitSet) ranks.held.clone();
        missing.flip(0, ranks.worldSize);
        return missing.stream().boxed().toList();
    }

    /** Snapshots of which every slice is held somewhere, latest position first. */
    public List<SnapshotKey> complete() {
        return snapshots.descendingMap().keySet().stream()
                .filter(this::isComplete)
                .toList();
    }
}
