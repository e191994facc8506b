package io.longreel.ops.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    void shouldThrowWhenAskedOrClosedAfterClose() {
        TensorArena arena = TensorArena.open("gone", 256);
        arena.close();
        assertThrows(IllegalStateException.class, () -> arena.allocate(1));
        assertThrows(IllegalStateException.class, arena::close);
    }

    /** Sizes of a block on the heap of the system, of small pages, and of huge ones. */
    @ParameterizedTest
    @ValueSource(ints = {1 << 10, 1 << 16, 1 << 20})
    void shouldKeepAViewThatOutlivesItsArenaApartFromOthers(int elements) {
        TensorArena gone = TensorArena.open("gone", TensorArena.sizeBytes(DType.F32, elements));
        Tensor stale = gone.zeros(elements);
        gone.close();
        try (TensorArena next = TensorArena.open("next", TensorArena.sizeBytes(DType.F32, elements))) {
            Tensor fresh = next.zeros(elements);
            for (int i = 0; i < elements; i++) {
                stale.setFloat(i, 1);
            }
            for (int i = 0; i < elements; i++) {
                assertEquals(0, fresh.getFloat(i));
            }
        }
    }

    @Test
    void shouldGiveMemoryBackWhenClosed() throws IOException {
        int elements = 1 << 26;
        long before = residentBytes();
        TensorArena arena = TensorArena.open("large", TensorArena.sizeBytes(DType.F32, elements));
        arena.zeros(elements);
        long during = residentBytes();
        arena.close();
        long after = residentBytes();
        long sizeBytes = 4L * elements;
        assertTrue(during - before > sizeBytes / 2, "before=%d during=%d".formatted(before, during));
        assertTrue(during - after > sizeBytes / 2, "during=%d after=%d".formatted(during, after));
    }

    /** Of this process, as the kernel counts them. */
    private static long residentBytes() throws IOException {
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        return 4096 * Long.parseLong(pages);
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
