package io.longreel.model.optim;

import io.longreel.model.state.FlatSpace;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The own share of what trains, in F32, and how the kept weights of all ranks follow it. Where weights are kept in F32 the master is the kept weights
 * themselves; where they are BF16 it is a copy that keeps what rounding drops. Invariant after {@link #publish}: every rank's weights are the
 * owner's master weights, rounded when they are BF16. Used by the rank's compute thread.
 */
public final class MasterWeights {
    /** A range, the store that its weights are kept in, and its own share. */
    private record Slot(TrainedRange range, WeightStore store, long from, long to, Tensor master) {}

    private final Communicator world;
    private final Kernels kernels;
    private final List<Slot> slots = new ArrayList<>();

    private MasterWeights(Communicator world, Kernels kernels) {
        this.world = world;
        this.kernels = kernels;
    }

    /** Masters of weights as they are now. {@code stores} has the store of each range. */
    public static MasterWeights create(
            List<TrainedRange> ranges,
            List<WeightStore> stores,
            Communicator world,
            Kernels kernels,
            TensorArena arena) {
        MasterWeights masters = new MasterWeights(world, kernels);
        for (int i = 0; i < ranges.size(); i++) {
            TrainedRange range = ranges.get(i);
            WeightStore store = stores.get(i);
            long[] bounds = range.bounds(world.size());
            long from = bounds[world.index()];
            long to = bounds[world.index() + 1];
            Tensor master = store.form().dtype() == DType.F32
                    ? store.part(range.unit(), range.from() + from, range.from() + to)
                    : arena.allocate(Math.toIntExact(to - from));
            masters.slots.add(new Slot(range, store, from, to, master));
        }
        masters.reload();
        return masters;
    }

    /** Bytes that {@link #create} takes from its arena on rank {@code rank} of {@code ranks}. */
    public static long sizeBytes(List<TrainedRange> ranges, List<WeightStore> stores, int rank, int ranks) {
        long bytes = 0;
        for (int i = 0; i < ranges.size(); i++) {
            long[] bounds = ranges.get(i).bounds(ranks);
            boolean copied = stores.get(i).form().dtype() != DType.F32;
            bytes += copied ? TensorArena.sizeBytes(DType.F32, Math.toIntExact(bounds[rank + 1] - bounds[rank])) : 0;
        }
        return bytes;
    }

    /** The own share of each range. */
    public List<Tensor> own() {
        return slots.stream().map(Slot::master).toList();
    }

    /** The own share of each range whose master is memory of its own, and no view of the kept weights. */
    List<Tensor> copies() {
        return slots.stream().filter(MasterWeights::isCopy).map(Slot::master).toList();
    }

    private static boolean isCopy(Slot slot) {
        return slot.store.form().dtype() != DType.F32;
    }

    /** Takes the masters from the kept weights, after something else than a step has changed them. */
    public void reload() {
        for (Slot slot : slots) {
            if (isCopy(slot)) {
                kernels.elementwise().widen(kept(slot, slot.from, slot.to), slot.master);
            }
        }
    }

    /** Fills the masters that are copies, exactly, where the kept weights have been filled rounded. */
    public void fill(WeightStore.Filler filler) {
        for (Slot slot : slots) {
            if (isCopy(slot)) {
                parts(slot).forEach(part -> filler.fill(part.spec(), part.from(), part.values()));
            }
        }
    }

    /** The own share of what trains, by parameter. */
    public List<WeightStore.Part> parts() {
        return slots.stream().flatMap(slot -> parts(slot).stream()).toList();
    }

    /** The kept weights of all ranks become those of the masters. */
    public void publish() {
        for (Slot slot : slots) {
            Tensor own = kept(slot, slot.from, slot.to);
            if (isCopy(slot)) {
                kernels.elementwise().narrow(slot.master, own);
            }
            if (!slot.store.form().sharded()) {
                // (own share) of every rank -> (all elements), in place
                long[] bounds = slot.range.bounds(world.size());
                List<MemorySegment> shares = new ArrayList<>();
                for (int rank = 0; rank < world.size(); rank++) {
                    shares.add(kept(slot, bounds[rank], bounds[rank + 1]).segment());
                }
                world.allGatherV(own.segment(), shares);
            }
        }
    }

    private static Tensor kept(Slot slot, long from, long to) {
        return slot.store.part(slot.range.unit(), slot.range.from() + from, slot.range.from() + to);
    }

    private static List<WeightStore.Part> parts(Slot slot) {
        List<WeightStore.Part> parts = new ArrayList<>();
        for (FlatSpace.Piece piece : slot.range.pieces(slot.from, slot.to)) {
            ParameterSpec spec = slot.range.unit().spec(piece.name());
            long at = piece.flatFrom() - slot.from;
            parts.add(new WeightStore.Part(spec, piece.from(), slot.master.elements(at, at + piece.elements())));
        }
        return parts;
    }
}
