package io.longreel.ops.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.cpu.OneDnnMatmul.Shape;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OneDnnMatmulTest {
    private final LinearKernels cpu = Devices.cpu().kernels().linear();

    @Test
    void shouldGoOnWhenMoreShapesComeThanAreKept() {
        int most = 600;
        try (TensorWorkbench bench = TensorWorkbench.open(1)) {
            for (int round = 0; round < 2; round++) {
                for (int rows = 1; rows <= most; rows++) {
                    long mark = bench.arena().mark();
                    assertProductOfOnes(bench, rows);
                    bench.arena().rewind(mark);
                }
            }
        }
    }

    @Test
    void shouldMakePrimitivesAnewWhenTheNumberOfThreadsChanges() {
        try (TensorWorkbench bench = TensorWorkbench.open(2)) {
            for (int threads : new int[] {1, 2, 1}) {
                CpuThreads.use(threads);
                assertProductOfOnes(bench, 100);
            }
        }
    }

    /** What the other process does. */
    static final class NarrowProduct {
        private NarrowProduct() {}

        public static void main(String[] args) {
            try (TensorWorkbench bench = TensorWorkbench.open(4)) {
                Tensor a = ones(bench, 5, 3);
                Tensor b = ones(bench, 2, 3);
                Tensor out = bench.filled(0.5f, 5, 2);
                boolean hasPrimitive = OneDnnMatmul.multiply(
                        new Shape(false, true, 5, 2, 3, 0f),
                        a.segment(),
                        b.segment(),
                        bench.filled(0, 5, 2).segment());
                Devices.cpu().kernels().linear().matmul(false, a, true, b, 1f, out);
                System.out.println(hasPrimitive + " " + Arrays.toString(out.toFloats()));
            }
        }
    }

    @Test
    void shouldMultiplyInF32WhereOneDnnHasNoNarrowProducts() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                NarrowProduct.class.getName());
        builder.environment().put("ONEDNN_MAX_CPU_ISA", "AVX2");
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        float[] expected = new float[10];
        Arrays.fill(expected, 3.5f);
        assertEquals("false " + Arrays.toString(expected), said.strip());
    }

    private void assertProductOfOnes(TensorWorkbench bench, int rows) {
        int inner = 7;
        Tensor out = bench.filled(0.5f, rows, 3);
        cpu.matmul(false, ones(bench, rows, inner), true, ones(bench, 3, inner), 1f, out);
        for (long i = 0; i < out.elements(); i++) {
            assertEquals(inner + 0.5f, out.getFloat(i), "rows=%d i=%d".formatted(rows, i));
        }
    }

    @Test
    void shouldThrowWhenAMatrixDoesNotFillItsMemory() {
        try (TensorWorkbench bench = TensorWorkbench.open(3)) {
            Tensor a = ones(bench, 4, 4);
            Tensor out = bench.filled(0, 4, 5);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> OneDnnMatmul.require(
                            new Shape(false, false, 4, 4, 4, 0f), a.segment(), a.segment(), out.segment()));
        }
    }

    private static Tensor ones(TensorWorkbench bench, int... shape) {
        Tensor narrow = bench.arena().allocate(DType.BF16, shape);
        Devices.plain().kernels().elementwise().narrow(bench.filled(1, shape), narrow);
        return narrow;
    }
}
