package io.longreel.model.state;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Windows of F32 in which the weights of a unit appear while it is used: gathered from all ranks where weights are sharded, widened where they are
 * BF16: one by one, when a parameter is asked for, where the rank keeps all of them. Token embedding and head share one window; all other units take
 * two in turn, so that the next one is gathered while this one is computed with (ZeRO stage 3; FSDP's prefetching). Every parameter always appears at the same place. All ranks use the same units in the same order.
 * Owned by a rank, used by its compute thread.
 */
public final class UnitWindows implements Weights.Source {
    /** Slots that take turns, and the one of embedding and head. */
    private static final int WIDE = 2;

    private static final int SLOTS = 3;

    /** One window. The landing takes what is gathered when that is BF16. */
    private static final class Slot {
        final Tensor window;
        final @Nullable Tensor landing;

        /** Parameters of the resident unit that are widened; all are where the unit was gathered. */
        final Set<String> wide = new HashSet<>();

        /** Unit whose weights are in the window. */
        @Nullable
        String resident;
        /** Unit that is on its way, into the landing if there is one. */
        @Nullable
        String coming;

        @Nullable
        Transfer transfer;

        Slot(Tensor window, @Nullable Tensor landing) {
            this.window = window;
            this.landing = landing;
        }
    }

    private final WeightStore store;
    private final Communicator world;
    private final Kernels kernels;
    private final List<Slot> slots = new ArrayList<>();
    private final Map<String, Integer> slotOf = new LinkedHashMap<>();

    private UnitWindows(WeightStore store, Communicator world, Kernels kernels, TensorArena arena) {
        this.store = store;
        this.world = world;
        this.kernels = kernels;
        int turn = 0;
        for (Unit unit : store.units()) {
            slotOf.put(unit.name(), unit.isWide() ? WIDE : turn++ % WIDE);
        }
        for (int elements : slotElements(store.units())) {
            boolean lands = store.form().sharded() && store.form().dtype() != DType.F32;
            slots.add(new Slot(arena.allocate(elements), lands ? arena.allocate(DType.BF16, elements) : null));
        }
    }

    /** Weights as layers see them, over what {@code store} keeps: in windows from {@code arena}, or where they are when that will do. */
    public static Weights open(WeightStore store, Communicator world, Kernels kernels, TensorArena arena) {
        Map<String, Tensor> views = new LinkedHashMap<>();
        if (store.form().inPlace()) {
            store.names().forEach(name -> views.put(name, store.tensor(name)));
            return new Weights(views, Weights.Source.RESIDENT);
        }
        UnitWindows windows = new UnitWindows(store, world, kernels, arena);
        for (Unit unit : store.units()) {
            for (ParameterSpec spec : unit.specs()) {
                long offset = unit.space().offset(spec.name());
                Tensor view = windows.slot(unit.name()).window.elements(offset, offset + spec.elements());
                views.put(spec.name(), view.reshape(spec.shape()));
            }
        }
        return new Weights(views, windows);
    }

    /** Bytes that {@link #open} takes from its arena. */
    public static long sizeBytes(List<Unit> units, WeightStore.Form form) {
        long bytes = 0;
        for (int elements : slotElements(units)) {
            bytes += TensorArena.sizeBytes(DType.F32, elements);
            bytes += form.sharded() && form.dtype() != DType.F32 ? TensorArena.sizeBytes(DType.BF16, elements) : 0;
        }
        return form.inPlace() ? 0 : bytes;
    }

    @Override
    public void use(String unit, @Nullable String next) {
        world.poll();
        Slot slot = slot(unit);
        if (!unit.equals(slot.resident)) {
            if (!unit.equals(slot.coming)) {
                finish(slot);
                start(slot, store.unit(unit));
            }
            finish(slot);
            land(slot, store.unit(unit));
        }
        if (next != null && store.form().sharded()) {
            Slot ahead = slot(next);
            boolean free = ahead != slot || slot.landing != null;
            if (free && ahead.coming == null && !next.equals(ahead.resident)) {
                start(ahead, store.unit(next));
            }
        }
    }

    @Override
    public void require(String parameter) {
        Unit unit = store.unitOf(parameter);
        Slot slot = slot(unit.name());
        if (!unit.name().equals(slot.resident)) {
            throw new IllegalStateException("weights must be in use: parameter=%s unit=%s resident=%s"
                    .formatted(parameter, unit.name(), slot.resident));
        }
        if (!store.form().sharded() && slot.wide.add(parameter)) {
            long from = unit.space().offset(parameter);
            long to = from + unit.spec(parameter).elements();
            kernels.elementwise().widen(store.part(unit, from, to), slot.window.elements(from, to));
        }
    }

    @Override
    public @Nullable Tensor narrow(String parameter) {
        return store.form().sharded() ? null : store.tensor(parameter);
    }

    @Override
    public void invalidate() {
        for (Slot slot : slots) {
            finish(slot);
            slot.coming = null;
            slot.resident = null;
        }
    }

    @Override
    public void keep(String unitName) {
        Unit unit = store.unit(unitName);
        unit.specs().forEach(spec -> require(spec.name()));
        long from = store.from(unit);
        long to = store.to(unit);
        Tensor values = slot(unitName).window.elements(from, to);
        if (store.form().dtype() == DType.F32) {
            kernels.elementwise().copy(values, store.part(unit, from, to));
        } else {
            kernels.elementwise().narrow(values, store.part(unit, from, to));
        }
    }

    /** Starts the gather of a unit; nothing to do where the rank keeps all of it. */
    private void start(Slot slot, Unit unit) {
        slot.coming = unit.name();
        if (!store.form().sharded()) {
            return;
        }
        Tensor target = slot.landing;
        if (target == null) {
            slot.resident = null;
            target = slot.window;
        }
        long[] bounds = unit.space().evenBounds(world.size());
        List<MemorySegment> receive = new ArrayList<>();
        for (int rank = 0; rank < world.size(); rank++) {
            receive.add(target.elements(bounds[rank], bounds[rank + 1]).segment());
        }
        Tensor own = store.part(unit, store.from(unit), store.to(unit));
        slot.transfer = world.startAllGatherV(own.segment(), Collections.unmodifiableList(receive));
    }

    private static void finish(Slot slot) {
        if (slot.transfer != null) {
            slot.transfer.await();
            slot.transfer = null;
        }
    }

    private void land(Slot slot, Unit unit) {
        Tensor window = slot.window.elements(0, unit.elements());
        if (slot.landing != null) {
            kernels.elementwise().widen(slot.landing.elements(0, unit.elements()), window);
        }
        slot.wide.clear();
        slot.resident = unit.name();
        slot.coming = null;
    }

    private Slot slot(String unit) {
        Integer slot = slotOf.get(unit);
        if (slot == null) {
            throw new IllegalArgumentException("no such unit: unit=" + unit);
        }
        return slots.get(slot);
    }

    private static int[] slotElements(List<Unit> units) {
        int[] elements = new int[SLOTS];
        int turn = 0;
        for (Unit unit : units) {
            int slot = unit.isWide() ? WIDE : turn++ % WIDE;
            elements[slot] = Math.max(elements[slot], Math.toIntExact(unit.elements()));
        }
        return elements;
    }
}
