package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BrainFloatParityTest {
    private static final int[] SIZES = {0, 1, 15, 16, 17, 31, 33, 1031};
    private final ElementwiseKernels plain = Devices.plain().kernels().elementwise();
    private final ElementwiseKernels cpu = Devices.cpu().kernels().elementwise();

    private static Tensor bits(TensorWorkbench bench, int[] values) {
        Tensor tensor = bench.arena().allocate(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.segment().setAtIndex(ValueLayout.JAVA_INT, i, values[i]);
        }
        return tensor;
    }

    private static short[] narrow(TensorWorkbench bench, ElementwiseKernels kernels, Tensor x) {
        Tensor narrow = bench.arena().allocate(DType.BF16, x.rows());
        kernels.narrow(x, narrow);
        return narrow.segment().toArray(ValueLayout.JAVA_SHORT);
    }

    private static int[] widen(TensorWorkbench bench, ElementwiseKernels kernels, Tensor narrow) {
        Tensor wide = bench.arena().allocate(narrow.rows());
        kernels.widen(narrow, wide);
        return wide.segment().toArray(ValueLayout.JAVA_INT);
    }

    private void compareNarrow(int[] values, String what) {
        try (TensorWorkbench bench = TensorWorkbench.open(0)) {
            Tensor x = bits(bench, values);
            short[] expected = narrow(bench, plain, x);
            short[] actual = narrow(bench, cpu, x);
            for (int i = 0; i < values.length; i++) {
                assertEquals(expected[i], actual[i], "%s bits=%08x".formatted(what, values[i]));
            }
        }
    }

    /** Every sign, exponent and mantissa that bfloat16 has, with every kind of rest behind it: zero, ties, and their neighbours. */
    @Test
    void shouldRoundAsTheOracleWhenTheValueIsAnyUpperHalfAndAnyKindOfRest() {
        int[] rests = {0, 1, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xffff, 0x1234};
        for (int rest : rests) {
            int[] values =
                    IntStream.range(0, 1 << 16).map(u -> (u << 16) | rest).toArray();
            compareNarrow(values, "rest=%04x".formatted(rest));
        }
    }

    @Test
    void shouldRoundAsTheOracleWhenTensorsHaveAnySize() {
        for (int size : SIZES) {
            try (TensorWorkbench bench = TensorWorkbench.open(size)) {
                int[] values =
                        IntStream.generate(bench.random()::nextInt).limit(size).toArray();
                compareNarrow(values, "size=" + size);
            }
        }
    }

    @Test
    void shouldRoundToTheNearestWhenTheValueIsKnown() {
        int[] values = {
            Float.floatToRawIntBits(1f),
            0x3f808000, // between 1 and its successor: to the even one, 1
            0x3f818000, // between an odd one and the next: up
            0x3f808001,
            0x00008000, // half the least subnormal: zero
            0x80018000, // three halves of it, negative: two
            Float.floatToRawIntBits(Float.MAX_VALUE),
            Float.floatToRawIntBits(-Float.MAX_VALUE),
            0x7f7f7fff, // largest that does not overflow
            Float.floatToRawIntBits(Float.NEGATIVE_INFINITY),
            0x7f800001, // signalling NaN whose payload is all below
            0xffffffff, // NaN that a carry would turn into zero
            Float.floatToRawIntBits(-0f)
        };
        int[] expected = {
            0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x0000, 0x8002, 0x7f80, 0xff80, 0x7f7f, 0xff80, 0x7fc0, 0xffff, 0x8000
        };
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            short[] plainly = narrow(bench, plain, bits(bench, values));
            short[] fast = narrow(
                    bench,
                    cpu,
                    bits(bench, IntStream.range(0, 39).map(i -> values[i % 13]).toArray()));
            for (int i = 0; i < fast.length; i++) {
                assertEquals((short) expected[i % 13], plainly[i % 13], "plain bits=%08x".formatted(values[i % 13]));
                assertEquals((short) expected[i % 13], fast[i], "cpu bits=%08x".formatted(values[i % 13]));
            }
        }
    }

    @Test
    void shouldKeepEveryBitWhenWidened() {
        for (int size : new int[] {0, 1, 15, 33, 1 << 16}) {
            try (TensorWorkbench bench = TensorWorkbench.open(2)) {
                Tensor narrow = bench.arena().allocate(DType.BF16, size);
                for (int i = 0; i < size; i++) {
                    narrow.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
                }
                int[] plainly = widen(bench, plain, narrow);
                int[] fast = widen(bench, cpu, narrow);
                for (int i = 0; i < size; i++) {
                    assertEquals(i << 16, plainly[i]);
                    assertEquals(i << 16, fast[i]);
                }
            }
        }
    }

    @Test
    void shouldRefuseOperandsWhenTypesOrSizesDiffer() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor f32 = bench.filled(0, 4);
            Tensor bf16 = bench.arena().allocate(DType.BF16, 4);
            Tensor shorter = bench.arena().allocate(DType.BF16, 3);
            for (ElementwiseKernels kernels : new ElementwiseKernels[] {plain, cpu}) {
                assertThrows(IllegalArgumentException.class, () -> kernels.narrow(bf16, f32));
                assertThrows(IllegalArgumentException.class, () -> kernels.widen(f32, bf16));
                assertThrows(IllegalArgumentException.class, () -> kernels.narrow(f32, shorter));
                assertThrows(IllegalArgumentException.class, () -> kernels.widen(shorter, f32));
            }
        }
    }
}
