package io.longreel.ops.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.memory.TensorArena;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class TensorTest {
    @Test
    void shouldShareMemoryWhenSlicedOrReshaped() {
        try (TensorArena arena = TensorArena.open("tensor", 1024)) {
            Tensor x = arena.allocate(4, 2, 3);
            x.copyFrom(
                    new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
            Tensor middle = x.slice(1, 3);
            assertArrayEquals(new int[] {2, 2, 3}, middle.shape());
            assertEquals(6f, middle.getFloat(0));
            middle.reshape(12).setFloat(0, -1f);
            assertEquals(-1f, x.getFloat(6));
            assertEquals(4, x.rows());
            assertEquals(6, x.columns());
            assertEquals(0, x.slice(2, 2).elements());
            assertThrows(IllegalArgumentException.class, () -> x.reshape(5, 5));
            assertThrows(IndexOutOfBoundsException.class, () -> x.slice(3, 5));
        }
    }

    @Test
    void shouldRefuseMemoryWhenItDoesNotFitTheShape() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalArgumentException.class, () -> Tensor.of(arena.allocate(12), DType.F32, 2, 2));
            assertThrows(IllegalArgumentException.class, () -> Tensor.of(arena.allocate(0), DType.F32, -1, 0));
            assertEquals(
                    "BF16[2, 3]",
                    Tensor.of(arena.allocate(12), DType.BF16, 2, 3).toString());
        }
    }

    @Test
    void shouldCopyOnlyBetweenEqualsWhenCopied() {
        try (TensorArena arena = TensorArena.open("tensor", 1024)) {
            Tensor source = arena.allocate(3);
            source.copyFrom(new float[] {1, 2, 3});
            Tensor target = arena.zeros(3);
            target.copyFrom(source);
            assertArrayEquals(new float[] {1, 2, 3}, target.toFloats());
            assertThrows(IllegalArgumentException.class, () -> target.copyFrom(new float[2]));
            assertThrows(IllegalArgumentException.class, () -> target.copyFrom(arena.allocate(4)));
            assertThrows(IllegalArgumentException.class, () -> target.copyFrom(arena.allocate(DType.I32, 3)));
        }
    }
}
