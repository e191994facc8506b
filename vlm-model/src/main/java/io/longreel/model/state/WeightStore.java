package io.longreel.model.state;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of units as a rank keeps them: all elements or its own share, in F32 or BF16. Nobody computes with them here: a pass sees them through
 * {@link Weights}. Owned by a rank, used by its compute thread.
 */
public final class WeightStore {

    /**
     * How weights are kept.
     *
     * @param dtype F32 or BF16
     * @param sharded whether a rank keeps only its own share
     */
    public record Form(DType dtype, boolean sharded) {
        public static final Form WHOLE = new Form(DType.F32, false);

        public Form {
            if (dtype != DType.F32 && dtype != DType.BF16) {
                throw new IllegalArgumentException("weights must be F32 or BF16: dtype=" + dtype);
            }
        }

        /** Whether what is kept is what is computed with. */
        public boolean inPlace() {
            return dtype == DType.F32 && !sharded;
        }
    }

    /** Where values come from: writes elements {@code [from, from + target.elements())} of a parameter. */
    @FunctionalInterface
    public interface Filler {
        void fill(ParameterSpec spec, long from, Tensor target);
    }

    /** Elements {@code [from, from + values.elements())} of a parameter, F32. */
    public record Part(ParameterSpec spec, long from, Tensor values) {}

    private final Map<String, Unit> units = new LinkedHashMap<>();
    private final Map<String, Tensor> kept = new LinkedHashMap<>();
    private final Map<String, Unit> unitOf = new LinkedHashMap<>();
    private final Form form;
    private final int rank;
    private final int ranks;

    private WeightStore(List<Unit> units, Form form, int rank, int ranks, TensorArena arena) {
        this.form = form;
        this.rank = rank;
        this.ranks = ranks;
        for (Unit unit : units) {
            this.units.put(unit.name(), unit);
            unit.specs().forEach(spec -> unitOf.put(spec.name(), unit));
            kept.put(unit.name(), arena.allocate(form.dtype, Math.toIntExact(to(unit) - from(unit))));
        }
    }

    /** Room for the weights of {@code units}, contents undefined, on rank {@code rank} of {@code ranks}. */
    public static WeightStore allocate(List<Unit> units, Form form, int rank, int ranks, TensorArena arena) {
        return new WeightStore(units, form, rank, ranks, arena);
    }

    /** Bytes that {@link #allocate} takes. */
    public static long sizeBytes(List<Unit> units, Form form, int rank, int ranks) {
        return units.stream()
                .mapToLong(unit -> {
                    long[] bounds = unit.space().evenBounds(ranks);
                    long elements = form.sharded ? bounds[rank + 1] - bounds[rank] : unit.elements();
                    return TensorArena.sizeBytes(form.dtype, Math.toIntExact(elements));
                })
                .sum();
    }

    public Form form() {
        return form;
    }

    public List<Unit> units() {
        return List.copyOf(units.values());
    }

    public Set<String> names() {
        return unitOf.keySet();
    }

    public Unit unit(String name) {
        Unit unit = units.get(name);
        if (unit == null) {
            throw new IllegalArgumentException("no such unit: unit=%s known=%s".formatted(name, units.keySet()));
        }
        return unit;
    }

    /** The unit that a parameter is in. */
    public Unit unitOf(String parameter) {
        Unit unit = unitOf.get(parameter);
        if (unit == null) {
            throw new IllegalArgumentException("no such parameter: name=" + parameter);
        }
        return unit;
    }

    /** Elements {@code [from, to)} of a unit as they are kept; they must be among those that this rank keeps, if there are any. */
    public Tensor part(Unit unit, long from, long to) {
        Tensor all = kept.get(unit.name());
        if (all != null && from == to) {
            return all.elements(0, 0);
        }
        if (all == null || from < from(unit) || to > to(unit)) {
            throw new IllegalArgumentException("elements must be kept by this rank: unit=%s from=%d to=%d kept=[%d, %d)"
                    .formatted(unit, from, to, from(unit), to(unit)));
        }
        return all.elements(from - from(unit), to - from(unit));
    }

    /** Everything that this rank keeps, unit by unit, as it is kept. */
    public List<Tensor> kept() {
        return List.copyOf(kept.values());
    }

    /** A whole parameter, in its shape; only where weights are kept whole. */
    public Tensor tensor(String parameter) {
        Unit unit = unitOf(parameter);
        long offset = unit.space().offset(parameter);
        ParameterSpec spec = unit.spec(parameter);
        return part(unit, offset, offset + spec.elements()).reshape(spec.shape());
    }

    /** First element of a unit that this rank keeps. */
    public long from(Unit unit) {
        return form.sharded ? unit.space().evenBounds(ranks)[rank] : 0;
    }

    /** End of the elements of a unit that this rank keeps. */
    public long to(Unit unit) {
        return form.sharded ? unit.space().evenBounds(ranks)[rank + 1] : unit.elements();
    }

    /** Fills everything that this rank keeps. */
    public void fill(Filler filler, Kernels kernels) {
        for (Unit unit : units.values()) {
            fill(unit, from(unit), to(unit), filler, kernels);
        }
    }

    /** Fills this rank's share, and gathers the others' where it keeps all: every rank of {@code world} does the same. */
    public void fillShares(Filler filler, Communicator world, Kernels kernels) {
        for (Unit unit : units.values()) {
            long[] bounds = unit.space().evenBounds(ranks);
            fill(unit, bounds[rank], bounds[rank + 1], filler, kernels);
            if (!form.sharded) {
                // (own share) of every rank -> (all elements), in place
                List<MemorySegment> shares = new ArrayList<>();
                for (int owner = 0; owner < ranks; owner++) {
                    shares.add(part(unit, bounds[owner], bounds[owner + 1]).segment());
                }
                world.allGatherV(shares.get(rank), shares);
            }
        }
    }

    private void fill(Unit unit, long first, long last, Filler filler, Kernels kernels) {
        for (FlatSpace.Piece piece : unit.space().pieces(first, last)) {
            Tensor target = part(unit, piece.flatFrom(), piece.flatFrom() + piece.elements());
            ParameterSpec spec = unit.spec(piece.name());
            if (form.dtype == DType.F32) {
                filler.fill(spec, piece.from(), target);
                continue;
            }
            int elements = Math.toIntExact(piece.elements());
            try (TensorArena wide = TensorArena.open("fill", TensorArena.sizeBytes(DType.F32, elements))) {
                Tensor values = wide.allocate(elements);
                filler.fill(spec, piece.from(), values);
                kernels.elementwise().narrow(values, target);
            }
        }
    }

    /**
     * This rank's share of all weights, which is the same whether it keeps more or not: what it writes into a checkpoint. BF16 is widened into
     * {@code wide}, see {@link #ownBytes}.
     */
    public List<Part> ownParts(Kernels kernels, TensorArena wide) {
        List<Part> parts = new ArrayList<>();
        for (Unit unit : units.values()) {
            long[] bounds = unit.space().evenBounds(ranks);
            for (FlatSpace.Piece piece : unit.space().pieces(bounds[rank], bounds[rank + 1])) {
                Tensor values = part(unit, piece.flatFrom(), piece.flatFrom() + piece.elements());
                if (form.dtype != DType.F32) {
                    Tensor copy = wide.allocate(values.shape());
                    kernels.elementwise().widen(values, copy);
                    values = copy;
                }
                parts.add(new Part(unit.spec(piece.name()), piece.from(), values));
            }
        }
        return parts;
    }

    /** Bytes that {@link #ownParts} takes from its arena. */
    public long ownBytes() {
        long bytes = 0;
        for (Unit unit : units.values()) {
            long[] bounds = unit.space().evenBounds(ranks);
            for (FlatSpace.Piece piece : unit.space().pieces(bounds[rank], bounds[rank + 1])) {
                bytes += TensorArena.sizeBytes(DType.F32, Math.toIntExact(piece.elements()));
            }
        }
        return form.dtype == DType.F32 ? 0 : bytes;
    }
}
