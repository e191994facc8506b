package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A checkpoint that nodes write beside the training, from their snapshots. Immutable.
 *
 * @param position that the snapshot holds
 * @param mesh that took the snapshot; one slice per rank
 * @param writers processes that write
 * @param slices that are on disk, by rank
 * @param isSealing whether the manifest is being written
 */
public record Saving(
        SnapshotId snapshot,
        Position position,
        int generation,
        Mesh mesh,
        Set<String> writers,
        SortedMap<Integer, WrittenSlice> slices,
        boolean isSealing) {

    public Saving {
        writers = Set.copyOf(writers);
        slices = Collections.unmodifiableSortedMap(slices);
    }

    Saving with(List<WrittenSlice> written) {
        SortedMap<Integer, WrittenSlice> all = new TreeMap<>(slices);
        written.forEach(slice -> all.put(slice.rank(), slice));
        return new Saving(snapshot, position, generation, mesh, writers, all, false);
    }

    Saving sealing() {
        return new Saving(snapshot, position, generation, mesh, writers, slices, true);
    }

    boolean isWhole() {
        return slices.size() == mesh.worldSize();
    }
}
