package io.longreel.chaos.sim;

import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SnapshotId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The snapshots in the memory of one process: keeps the rules of the production vault, with a number in place of tensors. */
final class ModelVault {
    private static final Comparator<SnapshotId> ORDER = Comparator.comparingInt(SnapshotId::stage)
            .thenComparingInt(SnapshotId::step)
            .thenComparingInt(SnapshotId::generation);

    /** A rank's share of a snapshot. {@code isOwn}: a rank of this process took it. */
    record Slice(int rank, int worldSize, long state, boolean isOwn) {}

    private final NavigableMap<SnapshotId, Map<Integer, Slice>> slices = new TreeMap<>(ORDER);

    void put(SnapshotId id, Slice slice) {
        slices.computeIfAbsent(id, key -> new TreeMap<>()).put(slice.rank(), slice);
    }

    List<HeldSlice> held() {
        List<HeldSlice> held = new ArrayList<>();
        slices.forEach((id, byRank) ->
                byRank.values().forEach(slice -> held.add(new HeldSlice(id, slice.rank(), slice.worldSize()))));
        return held;
    }

    Optional<Slice> slice(SnapshotId id, int rank) {
        Map<Integer, Slice> byRank = slices.get(id);
        return byRank == null ? Optional.empty() : Optional.ofNullable(byRank.get(rank));
    }

    List<Slice> slices(SnapshotId id) {
        Map<Integer, Slice> byRank = slices.get(id);
        return byRank == null ? List.of() : List.copyOf(byRank.values());
    }

    void dropOlderThan(SnapshotId id) {
        slices.headMap(id, false).clear();
    }

    /** What lies behind the position that is restored was never committed, but for what the current generation takes. */
    void dropFurtherThan(SnapshotId id, int current) {
        slices.keySet().removeIf(held -> held.generation() != current && isFurther(held, id));
    }

    void dropAll() {
        slices.clear();
    }

    boolean hasNewer(SnapshotId id) {
        return slices.higherKey(id) != null;
    }

    int snapshots() {
        return slices.size();
    }

    /** Flips a bit in every slice of the newest snapshot; false when there is none. */
    boolean corruptNewest() {
        Map.@Nullable Entry<SnapshotId, Map<Integer, Slice>> newest = slices.lastEntry();
        if (newest == null) {
            return false;
        }
        newest.getValue()
                .replaceAll((rank, slice) -> new Slice(rank, slice.worldSize(), slice.state() ^ 1, slice.isOwn()));
        return true;
    }

    private static boolean isFurther(SnapshotId held, SnapshotId id) {
        return held.stage() != id.stage() ? held.stage() > id.stage() : held.step() > id.step();
    }
}
