package io.longreel.ops.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One row times weights, beside the definition. */
class OneRowTest {
    @ParameterizedTest
    @CsvSource({"1, 256", "4, 256", "7, 257", "33, 300", "5, 1031", "128, 512", "3, 4096"})
    void shouldMultiplyAsTheDefinitionHasIt(int columns, int inner) {
        try (TensorArena arena = TensorArena.open("test", 1 << 22)) {
            Tensor x = noise(arena, 1, inner);
            Tensor w = noise(arena, columns, inner);
            Tensor bias = noise(arena, 1, columns).reshape(columns);
            Tensor fast = arena.zeros(1, columns);
            Tensor plain = arena.zeros(1, columns);
            Devices.cpu().kernels().linear().linear(x, w, bias, fast);
            Devices.plain().kernels().linear().linear(x, w, bias, plain);
            for (int j = 0; j < columns; j++) {
                assertEquals(plain.getFloat(j), fast.getFloat(j), 1e-6 * Math.sqrt(inner) * 4, "column " + j);
            }
        }
    }

    /** Ranks that share the columns get the bits that one rank gets. */
    @ParameterizedTest
    @CsvSource({"64, 512, 13", "9, 300, 2", "16, 257, 8"})
    void shouldGiveTheSameBitsHoweverColumnsAreCut(int columns, int inner, int cut) {
        try (TensorArena arena = TensorArena.open("test", 1 << 20)) {
            Tensor x = noise(arena, 1, inner);
            Tensor w = noise(arena, columns, inner);
            Tensor whole = arena.zeros(1, columns);
            Tensor first = arena.zeros(1, cut);
            Tensor second = arena.zeros(1, columns - cut);
            Devices.cpu().kernels().linear().linear(x, w, null, whole);
            Devices.cpu().kernels().linear().linear(x, w.slice(0, cut), null, first);
            Devices.cpu().kernels().linear().linear(x, w.slice(cut, columns), null, second);
            float[] all = whole.toFloats();
            assertArrayEquals(Arrays.copyOfRange(all, 0, cut), first.toFloats());
            assertArrayEquals(Arrays.copyOfRange(all, cut, columns), second.toFloats());
        }
    }

    private static Tensor noise(TensorArena arena, int rows, int columns) {
        SplittableRandom random = new SplittableRandom(31L * rows + columns);
        Tensor tensor = arena.zeros(rows, columns);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
