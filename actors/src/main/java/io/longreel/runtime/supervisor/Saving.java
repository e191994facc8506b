package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A checkpoint that nodes write beside the training, from their snapshots. Immutable.
 *
 * @param position that the snapshot holds
 * @param mesh that took the snapshot; one slice per rank
 * @param writers processes that write
 * @param awaited those of them that have not answered
 * @param slices that are on disk, by rank
 * @param isSealing whether the manifest is being written
 * @param beganMs when the writers were asked first
 * @param askedMs when the writers were asked last
 */
public record Saving(
        SnapshotId snapshot,
        Position position,
        int generation,
        Mesh mesh,
        Set<String> writers,
        Set<String> awaited,
        SortedMap<Integer, WrittenSlice> slices,
        boolean isSealing,
        long beganMs,
        long askedMs) {

    public Saving {
        writers = Set.copyOf(writers);
        awaited = Collections.unmodifiableSortedSet(new TreeSet<>(awaited));
        slices = Collections.unmodifiableSortedMap(slices);
    }

    Saving with(String processId, List<WrittenSlice> written) {
        Set<String> others = new TreeSet<>(awaited);
        others.remove(processId);
        SortedMap<Integer, WrittenSlice> all = new TreeMap<>(slices);
        written.forEach(slice -> all.put(slice.rank(), slice));
        return new Saving(snapshot, position, generation, mesh, writers, others, all, false, beganMs, askedMs);
    }

    Saving sealing() {
        return new Saving(snapshot, position, generation, mesh, writers, awaited, slices, true, beganMs, askedMs);
    }

    Saving askedAgain(long nowMs) {
        return new Saving(snapshot, position, generation, mesh, writers, awaited, slices, isSealing, beganMs, nowMs);
    }

    /** Ranks whose slices are not on disk. */
    List<Integer> missing() {
        return IntStream.range(0, mesh.worldSize())
                .boxed()
                .filter(rank -> !slices.containsKey(rank))
                .toList();
    }

    boolean isWhole() {
        return slices.size() == mesh.worldSize();
    }
}
