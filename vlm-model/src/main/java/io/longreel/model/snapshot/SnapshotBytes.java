package io.longreel.model.snapshot;

import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.WeightStore;
import java.util.ArrayList;
import java.util.List;

/**
 * What the vault of a rank's process has on the rank's behalf, known from the layout of the slices alone: its own and those of its sources. Of
 * each, moving sections for the snapshots that are there at a time and one frozen section, which they share; when a stage begins, its first snapshot
 * stands beside the last ones of the stage before. Used by one thread.
 */
public final class SnapshotBytes {
    private final List<Integer> ranks;
    private final int worldSize;
    private final int kept;
    private long inStage;
    private long bytes;

    private SnapshotBytes(List<Integer> ranks, int worldSize, int kept) {
        this.ranks = ranks;
        this.worldSize = worldSize;
        this.kept = kept;
    }

    /**
     * Before the first stage: nothing.
     *
     * @param kept snapshots of a stage that are there at a time: the committed one, and one for each step that may be under way
     */
    public static SnapshotBytes of(SnapshotPeers peers, int rank, int kept) {
        List<Integer> held = new ArrayList<>(List.of(rank));
        held.addAll(peers.sourcesOf(rank));
        return new SnapshotBytes(held, peers.worldSize(), kept);
    }

    /**
     * A stage begins.
     *
     * @param stores all weights
     * @param ranges what trains, in the optimizer's order
     */
    public void beginStage(List<WeightStore> stores, List<TrainedRange> ranges) {
        SliceLayout.State state = SliceLayout.State.of(stores, ranges);
        long moving = 0;
        long frozen = 0;
        for (int rank : ranks) {
            SliceLayout layout = SliceLayout.of(state, rank, worldSize);
            moving += BlockPool.sizeBytes(layout.payloadBytes(Section.MOVING));
            frozen += BlockPool.sizeBytes(layout.payloadBytes(Section.FROZEN));
        }
        long before = inStage;
        inStage = kept * moving + frozen;
        bytes = Math.max(before + moving + frozen, inStage);
    }

    /** The most that there is during the stage. */
    public long bytes() {
        return bytes;
    }
}
