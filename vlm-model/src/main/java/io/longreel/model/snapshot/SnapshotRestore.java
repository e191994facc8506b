package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.snapshot.RestorePlan.Move;
import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.tensor.DType;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One restore of a snapshot onto a mesh: the ranks tell each other what undamaged slices their processes hold, agree on who sends what, and move it, so that
 * each has its own slice of this mesh, from which it fills its state. For one call, on the rank's compute thread; all ranks make it together.
 */
public final class SnapshotRestore {
    private final SnapshotVault vault;
    private final Communicator world;
    private final SliceInventory inventory;
    private final SliceLayout layout;
    /** Where in the own slice all elements come from. */
    private final List<Move> incoming;
    /** What the own process's slices give to others. */
    private final List<Move> outgoing = new ArrayList<>();

    private SnapshotRestore(
            SnapshotVault vault, Communicator world, SliceInventory inventory, SliceLayout.State state) {
        this.vault = vault;
        this.world = world;
        this.inventory = inventory;
        this.layout = SliceLayout.of(state, world.index(), world.size());
        List<SliceLayout> taken = IntStream.range(0, inventory.slices())
                .mapToObj(rank -> SliceLayout.of(state, rank, inventory.slices()))
                .toList();
        inventory.requireLayouts(taken);
        RestorePlan plan = new RestorePlan(taken, inventory.holders());
        this.incoming = plan.movesTo(world.index(), layout);
        for (int to = 0; to < world.size(); to++) {
            if (to != world.index() && inventory.holdsAny()) {
                plan.movesTo(to, SliceLayout.of(state, to, world.size())).stream()
                        .filter(move -> move.from() == world.index())
                        .forEach(outgoing::add);
            }
        }
    }

    /**
     * Fills weights and optimizer from a snapshot.
     *
     * @param stores all weights of the stage that the snapshot was taken in
     * @param optimizer null when nothing trained in it
     * @throws RuntimeFailure RETRYABLE, on every rank, when the mesh does not hold every slice undamaged
     */
    public static void run(
            SnapshotVault vault,
            SnapshotKey key,
            Communicator world,
            List<WeightStore> stores,
            @Nullable ShardedAdamW optimizer,
            Kernels kernels) {
        SliceLayout.State state = SliceLayout.State.of(
                stores, optimizer == null ? List.of() : optimizer.gradients().ranges());
        try (SliceInventory inventory = SliceInventory.gather(vault, key, world)) {
            SnapshotRestore restore = new SnapshotRestore(vault, world, inventory, state);
            restore.fill(new SliceCopy(restore.layout, stores, optimizer, kernels));
        }
    }

    private void fill(SliceCopy copy) {
        SliceBlock moving = vault.take(layout.payloadBytes(Section.MOVING));
        SliceBlock frozen = vault.take(layout.payloadBytes(Section.FROZEN));
        try {
            exchange(Section.MOVING, moving);
            exchange(Section.FROZEN, frozen);
            copy.fill(moving, frozen, inventory.optimizerSteps(), world);
        } finally {
            vault.leave(moving);
            vault.leave(frozen);
        }
    }

    /** Elements of old slices -> elements of the own new slice, for one section. */
    private void exchange(Section section, SliceBlock target) {
        List<List<Move>> sends = byPeer(section, outgoing, Move::to);
        List<List<Move>> receives = byPeer(section, incoming, Move::from);
        SliceBlock staging = vault.take(scatteredBytes(sends) + scatteredBytes(receives));
        try {
            long at = 0; // bytes
            List<MemorySegment> send = new ArrayList<>();
            for (List<Move> moves : sends) {
                MemorySegment parcel = parcel(moves, this::source, staging, at);
                at += moves.size() > 1 ? parcel.byteSize() : 0;
                send.add(parcel);
                copy(moves, this::source, parcel, true);
            }
            List<MemorySegment> receive = new ArrayList<>();
            for (List<Move> moves : receives) {
                MemorySegment parcel = parcel(moves, move -> target(move, target), staging, at);
                at += moves.size() > 1 ? parcel.byteSize() : 0;
                receive.add(parcel);
            }
            world.allToAllV(send, receive);
            for (int peer = 0; peer < world.size(); peer++) {
                copy(receives.get(peer), move -> target(move, target), receive.get(peer), false);
            }
        } finally {
            vault.leave(staging);
        }
        incoming.stream()
                .filter(move -> move.from() == world.index() && move.section() == section)
                .forEach(move -> target(move, target).copyFrom(source(move)));
    }

    /** Moves of a section between this rank and each other one. */
    private List<List<Move>> byPeer(Section section, List<Move> moves, ToIntFunction<Move> peerOf) {
        return IntStream.range(0, world.size())
                .mapToObj(peer -> moves.stream()
                        .filter(move -> move.section() == section)
                        .filter(move -> peer != world.index() && peerOf.applyAsInt(move) == peer)
                        .toList())
                .toList();
    }

    /** Memory for what goes between this rank and another: where it lies, if that is one place, otherwise in the staging from {@code at} on. */
    private MemorySegment parcel(List<Move> moves, Function<Move, MemorySegment> place, SliceBlock staging, long at) {
        return switch (moves.size()) {
            case 0 -> MemorySegment.NULL;
            case 1 -> place.apply(moves.getFirst());
            default -> staging.payload(DType.U8, at, at + scatteredBytes(List.of(moves)));
        };
    }

    /** Between the places and a parcel in the staging. */
    private static void copy(
            List<Move> moves, Function<Move, MemorySegment> place, MemorySegment parcel, boolean intoParcel) {
        if (moves.size() < 2) {
            return;
        }
        long offset = 0;
        for (Move move : moves) {
            MemorySegment there = place.apply(move);
            MemorySegment part = parcel.asSlice(offset, there.byteSize());
            MemorySegment.copy(intoParcel ? there : part, 0, intoParcel ? part : there, 0, there.byteSize());
            offset += there.byteSize();
        }
    }

    private MemorySegment source(Move move) {
        SliceBlock block = inventory.own(move.slice()).block(move.section());
        return block.payload(layout.type(move.section()), move.sliceAt(), move.sliceAt() + move.elements());
    }

    private MemorySegment target(Move move, SliceBlock block) {
        return block.payload(layout.type(move.section()), move.at(), move.at() + move.elements());
    }

    /** Bytes of what does not go from one place to one place. */
    private long scatteredBytes(List<List<Move>> byPeer) {
        return byPeer.stream()
                .filter(moves -> moves.size() > 1)
                .flatMap(List::stream)
                .mapToLong(move -> move.elements() * layout.type(move.section()).sizeBytes())
                .sum();
    }
}
