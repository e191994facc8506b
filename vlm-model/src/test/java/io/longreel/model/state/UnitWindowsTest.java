package io.longreel.model.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.transport.Communicator;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The windows of the second of two ranks; the other one's share is zeros. */
class UnitWindowsTest {
    private static final Kernels KERNELS = Devices.plain().kernels();
    private static final List<Unit> UNITS = List.of(
            unit("first", 7), unit(Unit.EMBEDDING, 40), unit("second", 9), unit("third", 8), unit(Unit.HEAD, 40));

    private final TensorArena arena = TensorArena.open("test", 1 << 16);
    private final RecordingWorld world = new RecordingWorld();

    @AfterEach
    void close() {
        arena.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void shouldGatherTheNextUnitBeforeThisOneIsUsed(DType dtype) {
        Weights weights = open(dtype);
        UnitRoute route = weights.rehearse(() -> pass(weights));
        assertEquals(List.of(), world.events, "a rehearsal exchanges nothing");
        weights.follow(route);
        pass(weights);
        weights.arrive();
        String head = Unit.HEAD;
        assertEquals(
                List.of(
                        "start first",
                        "await first",
                        "start " + Unit.EMBEDDING,
                        "await " + Unit.EMBEDDING,
                        "start second",
                        "await second",
                        "start third",
                        "await third",
                        "start " + head,
                        "await " + head),
                world.events,
                "and on the way back everything is still there");
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void shouldShowWhatRanksKeepUntilItChanges(DType dtype) {
        Weights weights = open(dtype);
        assertThrows(IllegalStateException.class, () -> weights.weight("first.w"), "nobody has used it");
        weights.use("first");
        // 7 elements on 2 ranks: 4 of the other rank, then 3 own ones, counted from 1.
        assertEquals(List.of(0f, 0f, 0f, 0f, 5f, 6f, 7f), floats(weights, "first.w"));
        weights.use("second");
        weights.use("third");
        assertThrows(IllegalStateException.class, () -> weights.weight("first.w"), "the third took its window");
        weights.weight("third.w").setFloat(7, 64);
        weights.keep("third");
        weights.invalidate();
        assertThrows(IllegalStateException.class, () -> weights.weight("third.w"));
        weights.use("third");
        assertEquals(List.of(0f, 0f, 0f, 0f, 5f, 6f, 7f, 64f), floats(weights, "third.w"));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void shouldRefuseToLeaveThePlannedRoute(DType dtype) {
        Weights weights = open(dtype);
        UnitRoute route = weights.rehearse(() -> pass(weights));
        weights.follow(route);
        weights.use("first");
        assertThrows(IllegalStateException.class, () -> weights.use("third"));
        assertThrows(IllegalStateException.class, weights::arrive);
        weights.walk(route);
        assertTrue(world.events.contains("await " + Unit.HEAD), "who only walks takes part");
    }

    private static void pass(Weights weights) {
        for (Unit unit : UNITS) {
            weights.use(unit.name());
        }
        weights.use("third");
        weights.use("second");
    }

    private Weights open(DType dtype) {
        WeightStore.Form form = new WeightStore.Form(dtype, true);
        WeightStore store = WeightStore.allocate(UNITS, form, 1, 2, arena);
        store.fill(
                (spec, from, target) -> {
                    for (int i = 0; i < target.elements(); i++) {
                        target.setFloat(i, (float) (from + i + 1));
                    }
                },
                KERNELS);
        long before = arena.usedBytes();
        Weights weights = UnitWindows.open(store, world, KERNELS, arena);
        assertEquals(UnitWindows.sizeBytes(UNITS, form), arena.usedBytes() - before);
        UNITS.forEach(unit -> world.names.put(
                store.part(unit, store.from(unit), store.to(unit)).segment().address(), unit.name()));
        return weights;
    }

    private static List<Float> floats(Weights weights, String name) {
        List<Float> values = new ArrayList<>();
        for (float value : weights.weight(name).toFloats()) {
            values.add(value);
        }
        return values;
    }

    private static Unit unit(String name, int elements) {
        return Unit.of(name, List.of(new ParameterSpec(name + ".w", new int[] {elements})));
    }

    /** The second of two members; writes down which gathers start and end. */
    private static final class RecordingWorld implements Communicator {
        final List<String> events = new ArrayList<>();
        final Map<Long, String> names = new HashMap<>();

        @Override
        public List<Integer> group() {
            return List.of(0, 1);
        }

        @Override
        public int index() {
            return 1;
        }

        @Override
        public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
            String name = names.get(own.address());
            events.add("start " + name);
            return () -> {
                events.add("await " + name);
                receive.get(0).fill((byte) 0);
                receive.get(1).copyFrom(own);
            };
        }

        @Override
        public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Transfer startReduceScatterSum(
                MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void allReduceSum(double[] values) {
            throw new UnsupportedOperationException(Arrays.toString(values));
        }

        @Override
        public void barrier() {}

        @Override
        public void poll() {}
    }
}
