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
import io.longreel.transport.Transfer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the gradients of a stage accumulate, and how each rank comes to the sum of its own share over all ranks and micro-batches. Either a rank
 * holds all of them and reduces them once, after the last micro-batch (ZeRO stage 1); or it holds its share only, and those of one unit at a time
 * in a window that is reduced as soon as the unit's backward pass is over (stages 2 and 3). Two windows take turns, so that what one layer sends is under way
 * while the next one is computed (FSDP's overlap); exact sums, embedding and head are waited for.
 *
 * <p>Members of the world add in rank order either way. With one micro-batch both ways give the same bits; with several the first adds micro-batches,
 * then ranks, the second the other way round. Used by the rank's compute thread.
 */
public final class Gradients implements Weights.GradientSink {

    /** Number of the window of embedding and head; the others take turns. */
    private static final int WIDE = 0;

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
        /** Number of the window that {@code accumulated} is in. */
        final int window;
        /** Whether {@code summed} already holds something of this step. */
        boolean begun;
        /** The sum that is on its way. */
        @Nullable
        Transfer transfer;

        Slot(int window, TrainedRange range, Tensor accumulated, Tensor summed, Tensor own) {
            this.window = window;
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
    /** Takes what the other ranks send for a unit. */
    private final @Nullable Tensor landing;
    /** What is on its way: the ranges of one unit. */
    private List<Slot> reducing = List.of();

    private Gradients(
            List<Group> groups, boolean sharded, Sums sums, Communicator world, Kernels kernels, TensorArena arena) {
        this.world = world;
        this.kernels = kernels;
        this.sharded = sharded;
        this.sums = sums;
        DType type = type(sums);
        this.exactReduction = sums == Sums.EXACT ? new ExactReduction(world, kernels, arena) : null;
        List<Tensor> windows = new ArrayList<>();
        int turns = narrowWindows(sums);
        for (int i = 0; i <= turns && sharded; i++) {
            windows.add(arena.allocate(type, windowElements(groups, i == WIDE)));
        }
        this.landing = sharded && sums == Sums.FAST ? arena.allocate(landingElements(groups, world.size())) : null;
        int turn = 0;
        for (Group group : groups) {
            int number = group.wide ? WIDE : 1 + turn++ % turns;
            Tensor window = sharded ? windows.get(number) : null;
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
                        .add(new Slot(number, range, accumulated, summed, own));
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

    /** Bytes of what {@link #create} takes for exchanges: windows and landing of sharded gradients, staging of exact sums. */
    public static long windowBytes(List<Group> groups, boolean sharded, Sums sums, int ranks) {
        DType type = type(sums);
        long windows = narrowWindows(sums) * TensorArena.sizeBytes(type, windowElements(groups, false))
                + TensorArena.sizeBytes(type, windowElements(groups, true))
                + (sums == Sums.FAST ? TensorArena.sizeBytes(type, landingElements(groups, ranks)) : 0);
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
        settle();
        for (Slot slot : all()) {
            slot.begun = false;
            if (!sharded) {
                kernels.elementwise().zero(slot.accumulated);
            }
        }
    }

    @Override
    public void open(String unit) {
        if (!sharded) {
            return;
        }
        world.poll();
        List<Slot> group = group(unit);
        if (group.stream().anyMatch(slot -> reducing.stream().anyMatch(other -> other.window == slot.window))) {
            settle();
        }
        group.forEach(slot -> kernels.elementwise().zero(slot.accumulated));
    }

    @Override
    public void close(String unit) {
        if (!sharded) {
            return;
        }
        settle();
        reducing = group(unit);
        long landed = 0;
        for (Slot slot : reducing) {
            // Embedding and head come last or are large: nothing to hide behind, much to land.
            if (landing == null || slot.window == WIDE) {
                reduce(slot, target(slot));
                continue;
            }
            long next = landed + Communicator.landingElements(slot.summed.elements(), world.size());
            slot.transfer = world.startReduceScatterSum(
                    slot.accumulated.segment(),
                    slot.range.bounds(world.size()),
                    landing.elements(landed, next).segment(),
                    target(slot).segment());
            landed = next;
        }
    }

    /** Where the sum over the ranks goes: a share that holds earlier micro-batches already gets it from where this rank's part was. */
    private Tensor target(Slot slot) {
        long[] bounds = slot.range.bounds(world.size());
        return slot.begun ? slot.accumulated.elements(bounds[world.index()], bounds[world.index() + 1]) : slot.summed;
    }

    /** What is on its way has arrived when this returns. */
    private void settle() {
        for (Slot slot : reducing) {
            if (slot.transfer != null) {
                slot.transfer.await();
                slot.transfer = null;
            }
            if (slot.begun) {
                kernels.elementwise().addTo(target(slot), slot.summed);
            }
            slot.begun = true;
        }
        reducing = List.of();
    }

    /** Ends the backward passes of a step: the own shares are the sums over all ranks. */
    public void finish() {
        settle();
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

    private static int narrowWindows(Sums sums) {
        return sums == Sums.EXACT ? 1 : 2;
    }

    private static int landingElements(List<Group> groups, int ranks) {
        return Math.toIntExact(groups.stream()
                .filter(group -> !group.wide)
                .mapToLong(group -> group.ranges.stream()
                        .mapToLong(range -> Communicator.landingElements(largestShare(range, ranks), ranks))
                        .sum())
                .max()
                .orElse(0));
    }

    private static long largestShare(TrainedRange range, int ranks) {
        long[] bounds = range.bounds(ranks);
        long largest = 0;
        for (int rank = 0; rank < ranks; rank++) {
            largest = Math.max(largest, bounds[rank + 1] - bounds[rank]);
        }
        return largest;
    }
}
