package io.longreel.model.optim;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.model.state.FlatSpace;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Weights;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the gradients of a stage accumulate, and how each rank comes to the sum of its own share over all ranks and micro-batches. Either a rank
 * holds all of them and reduces them once, after the last micro-batch (ZeRO stage 1); or it holds its share only, and those of one unit at a time
 * in a window that is reduced as soon as the unit's backward pass is over (stages 2 and 3).
 *
 * <p>Members of the world add in rank order either way. With one micro-batch both ways give the same bits; with several the first adds micro-batches,
 * then ranks, the second the other way round. Used by the rank's compute thread.
 */
public final class Gradients implements Weights.GradientSink {

    /** What trains in one unit of a pass; {@code wide} for embedding and head, whose window is their own. */
    public record Group(String unit, boolean wide, List<TrainedRange> ranges) {
        public Group {
            ranges = List.copyOf(ranges);
        }

        long elements() {
            return ranges.stream().mapToLong(TrainedRange::elements).sum();
        }
    }

    /**
     * A range: where its gradients accumulate, the own share of their sum over the ranks as it accumulates over micro-batches, and the own share in F32,
     * which may be the same memory.
     */
    private static final class Slot {
        final TrainedRange range;
        final Tensor accumulated;
        final Tensor summed;
        final Tensor own;
        /** Whether {@code summed} already holds something of this step. */
        boolean begun;

        Slot(TrainedRange range, Tensor accumulated, Tensor summed, Tensor own) {
            this.range = range;
            this.accumulated = accumulated;
            this.summed = summed;
            this.own = own;
        }
    }

    private final Communicator world;
    private final Kernels kernels;
    private final boolean sharded;
    private final Sums sums;
    private final @Nullable ExactReduction exactReduction;
    private final Map<String, List<Slot>> slots = new LinkedHashMap<>();
    private final Map<String, Tensor> byName = new LinkedHashMap<>();
    private final @Nullable Tensor part;

    private Gradients(
            List<Group> groups, boolean sharded, Sums sums, Communicator world, Kernels kernels, TensorArena arena) {
        this.world = world;
        this.kernels = kernels;
        this.sharded = sharded;
        this.sums = sums;
        DType type = type(sums);
        this.exactReduction = sums == Sums.EXACT ? new ExactReduction(world, kernels, arena) : null;
        Tensor narrow = sharded ? arena.allocate(type, windowElements(groups, false)) : null;
        Tensor wide = sharded ? arena.allocate(type, windowElements(groups, true)) : null;
        this.part = sharded ? arena.allocate(type, partElements(groups, world.size())) : null;
        for (Group group : groups) {
            Tensor window = group.wide ? wide : narrow;
            long offset = 0;
            for (TrainedRange range : group.ranges) {
                long[] bounds = range.bounds(world.size());
                long from = bounds[world.index()];
                long to = bounds[world.index() + 1];
                int share = Math.toIntExact(to - from);
                Tensor accumulated = window == null
                        ? arena.allocate(type, Math.toIntExact(range.elements()))
                        : window.elements(offset, offset + range.elements());
                Tensor summed = sharded ? arena.allocate(type, share) : accumulated.elements(from, to);
                Tensor own = type == DType.F32 ? summed : arena.allocate(share);
                slots.computeIfAbsent(group.unit, key -> new ArrayList<>())
                        .add(new Slot(range, accumulated, summed, own));
                offset += range.elements();
                name(range, accumulated);
            }
        }
    }

    /**
     * Gradients of what trains, all zero.
     *
     * @param sharded whether a rank holds its share only
     * @param sums EXACT: gradients accumulate in SUM128, so that shares, norm and update have the same bits on every mesh
     */
    public static Gradients create(
            List<Group> groups, boolean sharded, Sums sums, Communicator world, Kernels kernels, TensorArena arena) {
        Gradients gradients = new Gradients(groups, sharded, sums, world, kernels, arena);
        gradients.begin();
        return gradients;
    }

    /** Bytes that {@link #create} takes from its arena on rank {@code rank} of {@code ranks}, without {@link #windowBytes}. */
    public static long sizeBytes(List<Group> groups, boolean sharded, Sums sums, int rank, int ranks) {
        long bytes = 0;
        for (Group group : groups) {
            for (TrainedRange range : group.ranges) {
                long[] bounds = range.bounds(ranks);
                int share = Math.toIntExact(bounds[rank + 1] - bounds[rank]);
                bytes += TensorArena.sizeBytes(type(sums), sharded ? share : Math.toIntExact(range.elements()));
                bytes += sums == Sums.EXACT ? TensorArena.sizeBytes(DType.F32, share) : 0;
            }
        }
        return bytes;
    }

    /** Bytes of what {@link #create} takes for exchanges: the windows and one share of sharded gradients, staging of exact sums. */
    public static long windowBytes(List<Group> groups, boolean sharded, Sums sums, int ranks) {
        DType type = type(sums);
        long windows = TensorArena.sizeBytes(type, windowElements(groups, false))
                + TensorArena.sizeBytes(type, windowElements(groups, true))
                + TensorArena.sizeBytes(type, partElements(groups, ranks));
        return (sharded ? windows : 0) + (sums == Sums.EXACT ? ExactReduction.sizeBytes(ranks) : 0);
    }

    private static DType type(Sums sums) {
        return sums == Sums.EXACT ? DType.SUM128 : DType.F32;
    }

    /** Where the gradient of a parameter accumulates, flat, while its unit is open. */
    public Map<String, Tensor> byName() {
        return byName;
    }

    /** The gradient of a parameter that trains. */
    public Tensor gradient(String name) {
        Tensor gradient = byName.get(name);
        if (gradient == null) {
            throw new IllegalArgumentException(
                    "what trains must have a gradient: name=%s known=%s".formatted(name, byName.keySet()));
        }
        return gradient;
    }

    public Sums sums() {
        return sums;
    }

    /** Whether reducing is part of the backward pass. */
    public boolean sharded() {
        return sharded;
    }

    /** Ranges in the order in which everybody goes through them. */
    public List<TrainedRange> ranges() {
        return all().stream().map(slot -> slot.range).toList();
    }

    /** Own share of the sum of each range, in the order of {@link #ranges}; right after {@link #finish}. */
    public List<Tensor> own() {
        return all().stream().map(slot -> slot.own).toList();
    }

    /** Starts a step: everything is zero. */
    public void begin() {
        for (Slot slot : all()) {
            slot.begun = false;
            if (!sharded) {
                kernels.elementwise().zero(slot.accumulated);
            }
        }
    }

    @Override
    public void open(String unit) {
        if (sharded) {
            group(unit).forEach(slot -> kernels.elementwise().zero(slot.accumulated));
        }
    }

    @Override
    public void close(String unit) {
        if (part == null) {
            return;
        }
        for (Slot slot : group(unit)) {
            Tensor target = slot.begun ? part.elements(0, slot.summed.elements()) : slot.summed;
            reduce(slot, target);
            if (slot.begun) {
                kernels.elementwise().addTo(target, slot.summed);
            }
            slot.begun = true;
        }
    }

    /** Ends the backward passes of a step: the own shares are the sums over all ranks. */
    public void finish() {
        for (Slot slot : all()) {
            if (!sharded) {
                reduce(slot, slot.own);
                continue;
            }
            if (!slot.begun) {
                kernels.elementwise().zero(slot.summed);
            }
            if (sums == Sums.EXACT) {
                kernels.elementwise().round(slot.summed, slot.own);
            }
        }
    }

    /** (all elements) of every rank -> (own share): summed in rank order, or exactly. */
    private void reduce(Slot slot, Tensor target) {
        long[] bounds = slot.range.bounds(world.size());
        if (exactReduction != null) {
            exactReduction.reduceScatter(slot.accumulated, bounds, target);
        } else {
            world.reduceScatterSum(slot.accumulated.segment(), bounds, target.segment());
        }
    }

    private void name(TrainedRange range, Tensor accumulated) {
        for (FlatSpace.Piece piece : range.pieces(0, range.elements())) {
            Tensor gradient = accumulated.elements(piece.flatFrom(), piece.flatFrom() + piece.elements());
            byName.put(
                    piece.name(),
                    gradient.reshape(range.unit().spec(piece.name()).shape()));
        }
    }

    private List<Slot> group(String unit) {
        return slots.getOrDefault(unit, List.of());
    }

    private List<Slot> all() {
        return slots.values().stream().flatMap(Collection::stream).toList();
    }

    private static int windowElements(List<Group> groups, boolean wide) {
        return Math.toIntExact(groups.stream()
                .filter(group -> group.wide == wide)
                .mapToLong(Group::elements)
                .max()
                .orElse(0));
    }

    private static int partElements(List<Group> groups, int ranks) {
        return Math.toIntExact(groups.stream()
                .flatMap(group -> group.ranges.stream())
                .mapToLong(range -> Math.ceilDiv(range.unit().elements(), (long) ranks))
                .max()
                .orElse(0));
    }
}
