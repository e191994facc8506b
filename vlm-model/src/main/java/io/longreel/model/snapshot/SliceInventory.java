package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who of a mesh holds which slices of a snapshot, undamaged, and the own process's ones, kept while this is open. Equal on all ranks but for the latter.
 * For one restore, on the rank's compute thread.
 */
final class SliceInventory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SliceInventory.class);

    private final SnapshotVault vault;
    private final SnapshotKey key;
    private final Communicator world;
    private final SnapshotVault.PinnedSnapshot pinned;
    private final Map<Integer, SnapshotSlice> sound = new TreeMap<>();
    private final List<List<Integer>> holders = new ArrayList<>();
    private long optimizerSteps;

    private SliceInventory(SnapshotVault vault, SnapshotKey key, Communicator world) {
        this.vault = vault;
        this.key = key;
        this.world = world;
        this.pinned = vault.pinHeld(key);
    }

    /**
     * Checks the own slices and exchanges what is left; damaged ones are dropped. All ranks of {@code world} together.
     *
     * @throws RuntimeFailure RETRYABLE, on every rank, when a slice is held by none
     */
    static SliceInventory gather(SnapshotVault vault, SnapshotKey key, Communicator world) {
        SliceInventory inventory = new SliceInventory(vault, key, world);
        try {
            inventory.checkOwn();
            int slices = inventory.agree();
            inventory.gatherHolders(slices);
            return inventory;
        } catch (RuntimeException e) {
            inventory.close();
            throw e;
        }
    }

    /** Ranks of the mesh that took the snapshot. */
    int slices() {
        return holders.size();
    }

    /** Ranks of this mesh that hold each slice. */
    List<List<Integer>> holders() {
        return holders;
    }

    /** Steps that the optimizer had made. */
    long optimizerSteps() {
        return optimizerSteps;
    }

    /** A slice that this process holds. */
    SnapshotSlice own(int slice) {
        SnapshotSlice own = sound.get(slice);
        if (own == null) {
            throw new IllegalStateException(
                    "slice must be held here: %s slice=%d held=%s".formatted(key, slice, sound.keySet()));
        }
        return own;
    }

    /** Whether this process holds any slice. */
    boolean holdsAny() {
        return !sound.isEmpty();
    }

    /** Throws unless the own slices are laid out like this, by rank: they are, if the stage is that of the snapshot. */
    void requireLayouts(List<SliceLayout> layouts) {
        sound.forEach((rank, slice) -> {
            if (slice.layout().fingerprint() != layouts.get(rank).fingerprint()) {
                throw new IllegalArgumentException(
                        "snapshot must be of the model and stage that are current: %s rank=%d".formatted(key, rank));
            }
        });
    }

    @Override
    public void close() {
        pinned.close();
    }

    private void checkOwn() {
        for (SnapshotSlice slice : pinned.slices()) {
            if (slice.isSound()) {
                sound.put(slice.what().rank(), slice);
            } else if (vault.drop(slice)) {
                LOG.warn(
                        "snapshot.damaged generation={} stage={} step={} rank={} own={} reason=\"checksum differs, the slice is dropped\"",
                        key.generation(),
                        key.stage(),
                        key.step(),
                        slice.what().rank(),
                        slice.what().own());
            }
        }
    }

    /** What the snapshot was, told by those who hold some of it: slices, and the optimizer's steps. */
    private int agree() {
        double[] told = new double[2 * world.size()];
        sound.values().stream().findFirst().ifPresent(slice -> {
            told[2 * world.index()] = slice.what().worldSize();
            told[2 * world.index() + 1] = slice.moving().optimizerSteps();
        });
        world.allReduceSum(told);
        int slices = 0;
        for (int rank = 0; rank < world.size(); rank++) {
            if (told[2 * rank] == 0) {
                continue;
            }
            if (slices == 0) {
                slices = (int) told[2 * rank];
                optimizerSteps = (long) told[2 * rank + 1];
            } else if (slices != told[2 * rank] || optimizerSteps != told[2 * rank + 1]) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL,
                        "slices of a snapshot must come from one moment of one mesh: %s worldSizeAndSteps=%s"
                                .formatted(key, Arrays.toString(told)));
            }
        }
        if (slices == 0) {
            throw missing("all");
        }
        return slices;
    }

    private void gatherHolders(int slices) {
        SliceBlock block = vault.take((long) slices * world.size());
        try {
            MemorySegment table = block.bytes().asSlice(SliceBlock.HEADER_BYTES);
            List<MemorySegment> rows = new ArrayList<>();
            for (int rank = 0; rank < world.size(); rank++) {
                rows.add(table.asSlice((long) rank * slices, slices));
            }
            MemorySegment own = rows.get(world.index());
            own.fill((byte) 0);
            sound.keySet().forEach(slice -> own.set(ValueLayout.JAVA_BYTE, slice, (byte) 1));
            world.allGatherV(own, rows);
            for (int slice = 0; slice < slices; slice++) {
                int at = slice;
                holders.add(IntStream.range(0, world.size())
                        .filter(rank -> rows.get(rank).get(ValueLayout.JAVA_BYTE, at) != 0)
                        .boxed()
                        .toList());
            }
        } finally {
            vault.leave(block);
        }
        List<Integer> without = IntStream.range(0, slices)
                .filter(slice -> holders.get(slice).isEmpty())
                .boxed()
                .toList();
        if (!without.isEmpty()) {
            throw missing(without.toString());
        }
    }

    private RuntimeFailure missing(String ranks) {
        return new RuntimeFailure(
                RuntimeFailure.Category.RETRYABLE,
                "every slice of a snapshot must be in some memory of this mesh, undamaged: %s missingRanks=%s"
                        .formatted(key, ranks));
    }
}
