package io.longreel.ops.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class OneDnnTest {
    @Test
    void shouldMultiplyInsideLargerBlocksWhenOffsetsAreGiven() {
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            MemorySegment a = bench.of(new float[] {9, 1, 2, 9, 3, 4}, 6).segment();
            MemorySegment b = bench.of(new float[] {1, 9, 1, 9}, 4).segment();
            var c = bench.filled(7, 4);
            // [[1 2] [3 4]] times the column [1 1], into a column with stride 2
            OneDnn.sgemm(false, false, 2, 1, 2, 10f, a, 1, 3, b, 0, 2, 0f, c.segment(), 1, 2);
            assertEquals(7f, c.getFloat(0));
            assertEquals(30f, c.getFloat(1));
            assertEquals(7f, c.getFloat(2));
            assertEquals(70f, c.getFloat(3));
        }
    }

    @Test
    void shouldThrowWhenAProductWouldLeaveItsMemory() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            MemorySegment x = bench.filled(1, 4).segment();
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> OneDnn.sgemm(false, false, 2, 2, 2, 1f, x, 1, 2, x, 0, 2, 0f, x, 0, 2));
        }
    }

    @Test
    void shouldReportTheStatusWhenOneDnnRefuses() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            MemorySegment x = bench.filled(1, 16).segment();
            // a leading dim smaller than the row is not a matrix
            assertThrows(
                    IllegalStateException.class,
                    () -> OneDnn.sgemm(false, false, 2, 2, 2, 1f, x, 0, 1, x, 0, 2, 0f, x, 0, 2));
        }
    }

    @Test
    void shouldRefuseZeroThreadsWhenAsked() {
        assertThrows(IllegalArgumentException.class, () -> CpuThreads.use(0));
        CpuThreads.use(1);
    }
}
