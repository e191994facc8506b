package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RestingMemoryTest {
    private final TensorArena arena = TensorArena.open("test", 1 << 12);
    private final RestingMemory resting = new RestingMemory();
    private final List<Tensor> state = List.of(arena.allocate(3), arena.allocate(0), arena.allocate(7));

    @BeforeEach
    void fill() {
        state.forEach(tensor -> tensor.segment().fill((byte) 9));
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void shouldFindEachBitThatChangesWhileItRests() {
        resting.rests(state);
        for (Tensor tensor : state) {
            for (long bit = 0; bit < tensor.sizeBytes() * 8; bit++) {
                flip(tensor, bit);
                RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> resting.check(state, 3));
                assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
                assertEquals(
                        "silent corruption, the memory of rank 3 changed between two updates: weights or optimizer state are not what they were",
                        failure.getMessage());
                flip(tensor, bit);
            }
        }
        assertDoesNotThrow(() -> resting.check(state, 3));
    }

    @Test
    void shouldNotMindWhatIsWrittenOnPurpose() {
        resting.check(state, 0);
        resting.rests(state);
        resting.wakes();
        flip(state.getFirst(), 0);
        assertDoesNotThrow(() -> resting.check(state, 0));
        resting.rests(state);
        assertDoesNotThrow(() -> resting.check(state, 0));
    }

    private static void flip(Tensor tensor, long bit) {
        byte value = tensor.segment().get(ValueLayout.JAVA_BYTE, bit / 8);
        tensor.segment().set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (value ^ (1 << (bit % 8))));
    }
}
