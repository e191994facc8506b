package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.kernels.Kernels;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes the snapshots of one rank's session: copies the own slice into the vault and exchanges it with the peers (Gemini, Wang et al. 2023).
 * What is frozen is copied and sent with the first snapshot after it has changed only; later slices share it. All ranks call the same methods in
 * the same order; used by the rank's compute thread.
 */
public final class SessionSnapshots implements AutoCloseable {
    private final SnapshotVault vault;
    private final SnapshotPeers peers;
    private final Communicator world;
    private final Kernels kernels;
    private final Map<Integer, SliceLayout> layouts = new LinkedHashMap<>();
    /** Frozen sections by rank, the own one and those of the sources; empty until the first snapshot after a change. */
    private final Map<Integer, SliceBlock> frozen = new LinkedHashMap<>();

    public SessionSnapshots(SnapshotSite site, Communicator world, Kernels kernels) {
        if (site.peers().worldSize() != world.size()) {
            throw new IllegalArgumentException("peers must be of the session's mesh: peers=%d worldSize=%d"
                    .formatted(site.peers().worldSize(), world.size()));
        }
        this.vault = site.vault();
        this.peers = site.peers();
        this.world = world;
        this.kernels = kernels;
    }

    /** To be called when something else than a step has changed weights, or what of them trains. */
    public void stateChanged() {
        frozen.values().forEach(vault::leave);
        frozen.clear();
        layouts.clear();
    }

    /**
     * Takes a snapshot. When this has returned on every rank, every slice lies, checked, in all memories that the peers say.
     *
     * @param stores all weights
     * @param optimizer null when nothing trains
     * @throws RuntimeFailure RETRYABLE when a slice of a source arrived damaged
     */
    public void take(SnapshotKey key, List<WeightStore> stores, @Nullable ShardedAdamW optimizer) {
        SliceLayout.State state = SliceLayout.State.of(
                stores, optimizer == null ? List.of() : optimizer.gradients().ranges());
        SliceCopy copy = new SliceCopy(layout(state, world.index()), stores, optimizer, kernels);
        if (frozen.isEmpty()) {
            exchangeFrozen(key, state, copy);
        }
        Map<Integer, SliceBlock> moving = blocks(state, Section.MOVING);
        try {
            SliceBlock own = block(moving, world.index());
            copy.copyMoving(own);
            own.seal(layout(state, world.index()), Section.MOVING, slice(key, world.index()), copy.optimizerSteps());
            exchange(moving);
            check(key, state, Section.MOVING, moving);
            moving.forEach((rank, block) -> vault.publish(
                    new SnapshotSlice(slice(key, rank), layout(state, rank), block, block(frozen, rank))));
        } finally {
            moving.values().forEach(vault::leave);
        }
    }

    /** Lets go of what the vault does not list. */
    @Override
    public void close() {
        stateChanged();
    }

    private void exchangeFrozen(SnapshotKey key, SliceLayout.State state, SliceCopy copy) {
        frozen.putAll(blocks(state, Section.FROZEN));
        SliceBlock own = block(frozen, world.index());
        copy.copyFrozen(own);
        own.seal(layout(state, world.index()), Section.FROZEN, slice(key, world.index()), copy.optimizerSteps());
        exchange(frozen);
        check(key, state, Section.FROZEN, frozen);
    }

    /** Blocks for a section of the own slice and of those of the sources. */
    private Map<Integer, SliceBlock> blocks(SliceLayout.State state, Section section) {
        Map<Integer, SliceBlock> blocks = new LinkedHashMap<>();
        blocks.put(world.index(), vault.take(layout(state, world.index()).payloadBytes(section)));
        for (int source : peers.sourcesOf(world.index())) {
            blocks.put(source, vault.take(layout(state, source).payloadBytes(section)));
        }
        return blocks;
    }

    /** The own block goes to its holders; those of the sources arrive. */
    private void exchange(Map<Integer, SliceBlock> blocks) {
        List<MemorySegment> send = new ArrayList<>(Collections.nCopies(world.size(), MemorySegment.NULL));
        List<MemorySegment> receive = new ArrayList<>(Collections.nCopies(world.size(), MemorySegment.NULL));
        for (int holder : peers.holdersOf(world.index())) {
            send.set(holder, block(blocks, world.index()).bytes());
        }
        for (int source : peers.sourcesOf(world.index())) {
            receive.set(source, block(blocks, source).bytes());
        }
        world.allToAllV(send, receive);
    }

    private void check(SnapshotKey key, SliceLayout.State state, Section section, Map<Integer, SliceBlock> blocks) {
        blocks.forEach((rank, block) -> {
            boolean own = rank == world.index();
            if (!own && !(block.isSound() && block.isOf(layout(state, rank), section, slice(key, rank)))) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.RETRYABLE,
                        "slice of a peer must arrive as it was sent: %s section=%s fromRank=%d atRank=%d"
                                .formatted(key, section, rank, world.index()));
            }
        });
    }

    private HeldSlice slice(SnapshotKey key, int rank) {
        return new HeldSlice(key, rank, world.size(), rank == world.index());
    }

    private SliceLayout layout(SliceLayout.State state, int rank) {
        return layouts.computeIfAbsent(rank, r -> SliceLayout.of(state, r, world.size()));
    }

    private static SliceBlock block(Map<Integer, SliceBlock> blocks, int rank) {
        SliceBlock block = blocks.get(rank);
        if (block == null) {
            throw new IllegalStateException(
                    "no block for this rank: rank=%d known=%s".formatted(rank, blocks.keySet()));
        }
        return block;
    }
}
