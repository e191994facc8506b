package io.longreel.ops.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TensorArenaTest {
    @Test
    void shouldThrowWhenThePlanIsExceeded() {
        try (TensorArena arena = TensorArena.open("plan", TensorArena.sizeBytes(DType.F32, 5, 5))) {
            arena.allocate(5, 5);
            assertEquals(arena.capacityBytes(), arena.usedBytes());
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> arena.allocate(1));
            assertTrue(e.toString().contains("arena=plan"), e.toString());
        }
    }

    @Test
    void shouldReuseMemoryWhenRewound() {
        try (TensorArena arena = TensorArena.open("scratch", 1024)) {
            arena.allocate(3);
            long mark = arena.mark();
            Tensor first = arena.allocate(DType.BF16, 10);
            arena.rewind(mark);
            Tensor second = arena.zeros(4);
            assertEquals(first.segment().address(), second.segment().address());
            assertEquals(0, second.segment().address() % 64);
            assertEquals(128, arena.peakBytes());
            assertThrows(IllegalStateException.class, () -> arena.rewind(arena.usedBytes() + 1));
            arena.reset();
            assertEquals(0, arena.usedBytes());
            assertEquals(128, arena.peakBytes());
        }
    }

    @Test
    void shouldThrowWhenUsedOrClosedAfterClose() {
        TensorArena arena = TensorArena.open("gone", 256);
        Tensor tensor = arena.zeros(4);
        arena.close();
        assertThrows(IllegalStateException.class, () -> arena.allocate(1));
        assertThrows(IllegalStateException.class, () -> tensor.getFloat(0));
        assertThrows(IllegalStateException.class, tensor::zero);
        assertThrows(IllegalStateException.class, arena::close);
    }

    @Test
    void shouldCountOpenArenasWhenTheyComeAndGo() {
        long before = TensorArena.liveArenas();
        try (TensorArena arena = TensorArena.open("counted", 1)) {
            assertEquals(before + 1, TensorArena.liveArenas());
            assertEquals("counted", arena.tag());
        }
        assertEquals(before, TensorArena.liveArenas());
    }

    @Test
    void shouldCountWithoutMemoryWhenPlanning() {
        try (TensorArena arena = TensorArena.planning("plan")) {
            long mark = arena.mark();
            arena.allocate(1 << 20, 1 << 12);
            arena.rewind(mark);
            assertEquals(0, arena.usedBytes());
            assertEquals(1L << 34, arena.peakBytes());
        }
    }

    @Test
    void shouldGiveEmptyTensorsWhenARankOwnsNoRows() {
        try (TensorArena arena = TensorArena.open("none", 0)) {
            Tensor none = arena.allocate(0, 8);
            assertEquals(0, none.elements());
            assertEquals(0, arena.usedBytes());
        }
    }
}
