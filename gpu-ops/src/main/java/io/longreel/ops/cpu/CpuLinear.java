package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Matrix products through oneDNN, those of one row and biases in vector loops. Stateless; any thread, {@link CpuThreads} says with how many cores. */
final class CpuLinear implements LinearKernels {
    /** Rows whose fp32 sum is formed before it joins the total: two levels keep long sums exact to a few ulp. */
    private static final int ROWS_PER_SUM = 64;

    /** Bytes: a cache line, as tensors have it. */
    private static final long ALIGNMENT = 64;

    @Override
    public void matmul(boolean transposeA, Tensor a, boolean transposeB, Tensor b, float beta, Tensor c) {
        Shapes.matmul(transposeA, a, transposeB, b, c);
        int inner = transposeA ? a.rows() : a.columns();
        if (c.elements() == 0) {
            return;
        }
        if (inner == 0) {
            scaleOnly(beta, c);
            return;
        }
        if (a.dtype() == DType.BF16) {
            multiplyNarrow(transposeA, a, transposeB, b, inner, beta, c);
        } else if (!transposeA && transposeB && beta == 0f && c.rows() == 1 && inner >= OneRow.INNER_MIN) {
            OneRow.multiply(a.segment(), inner, b.segment(), (long) inner * Float.BYTES, c.columns(), c.segment());
        } else {
            multiply(transposeA, a.segment(), transposeB, b.segment(), inner, beta, c);
        }
    }

    @Override
    public void linearPart(Tensor x, Tensor w, int from, Tensor y) {
        Shapes.linearPart(x, w, from, y);
        int inner = x.columns();
        if (y.elements() == 0) {
            return;
        }
        if (inner == 0) {
            y.zero();
        } else if (x.dtype() == DType.BF16) {
            multiplyNarrowPart(x, w, from, y);
        } else if (y.rows() == 1 && inner >= OneRow.INNER_MIN) {
            MemorySegment columns = w.segment().asSlice((long) from * Float.BYTES);
            OneRow.multiply(x.segment(), inner, columns, (long) w.columns() * Float.BYTES, y.columns(), y.segment());
        } else {
            OneDnn.sgemm(
                    false,
                    true,
                    y.rows(),
                    y.columns(),
                    inner,
                    1f,
                    x.segment(),
                    0,
                    inner,
                    w.segment(),
                    from,
                    w.columns(),
                    0f,
                    y.segment(),
                    0,
                    y.columns());
        }
    }

    /** oneDNN's primitive knows matrices without gaps alone: the columns are copied. */
    private void multiplyNarrowPart(Tensor x, Tensor w, int from, Tensor y) {
        long row = (long) x.columns() * Short.BYTES;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment columns = arena.allocate(w.rows() * row, ALIGNMENT);
            for (int i = 0; i < w.rows(); i++) {
                long at = ((long) i * w.columns() + from) * Short.BYTES;
                MemorySegment.copy(w.segment(), at, columns, i * row, row);
            }
            matmul(false, x, true, Tensor.of(columns, DType.BF16, w.rows(), x.columns()), 0f, y);
        }
    }

    private static void multiplyNarrow(
            boolean transposeA, Tensor a, boolean transposeB, Tensor b, int inner, float beta, Tensor c) {
        OneDnnMatmul.Shape shape = new OneDnnMatmul.Shape(transposeA, transposeB, c.rows(), c.columns(), inner, beta);
        if (OneDnnMatmul.multiply(shape, a.segment(), b.segment(), c.segment())) {
            return;
        }
        // Without AVX-512: products of wide copies, which are as exact and no faster than F32.
        try (Arena arena = Arena.ofConfined()) {
            multiply(transposeA, widened(a, arena), transposeB, widened(b, arena), inner, beta, c);
        }
    }

    private static MemorySegment widened(Tensor narrow, Arena arena) {
        MemorySegment wide = arena.allocate(narrow.elements() * Float.BYTES, ALIGNMENT);
        BrainFloats.widen(narrow.segment(), wide, narrow.elements());
        return wide;
    }

    private static void multiply(
            boolean transposeA, MemorySegment a, boolean transposeB, MemorySegment b, int inner, float beta, Tensor c) {
        OneDnn.sgemm(
                transposeA,
                transposeB,
                c.rows(),
                c.columns(),
                inner,
                1f,
                a,
                0,
                transposeA ? c.rows() : inner,
                b,
                0,
                transposeB ? inner : c.columns(),
                beta,
                c.segment(),
                0,
                c.columns());
    }

    private static void scaleOnly(float beta, Tensor c) {
        if (beta == 0f) {
            c.zero();
        } else {
            CpuElementwise.scaleBy(c, beta);
        }
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        Shapes.f32(y);
        Shapes.elements("bias", bias, y.columns());
        MemorySegment biases = bias.segment();
        MemorySegment values = y.segment();
        int columns = y.columns();
        for (int i = 0; i < y.rows(); i++) {
            addBias(values, (long) i * columns * Float.BYTES, columns, biases);
        }
    }

    private static void addBias(MemorySegment values, long row, int columns, MemorySegment biases) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = j * (long) Float.BYTES;
            store(load(values, row + at).add(load(biases, at)), values, row + at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = whole * (long) Float.BYTES;
            store(load(values, row + at, tail).add(load(biases, at, tail)), values, row + at, tail);
        }
    }

    @Override
    public void biasGradient(Tensor dy, Tensor dBias) {
        Shapes.f32(dy);
        Shapes.elements("dBias", dBias, dy.columns());
        for (int from = 0; from < dy.rows(); from += ROWS_PER_SUM) {
            addColumnSums(dy, from, Math.min(dy.rows(), from + ROWS_PER_SUM), dBias);
        }
    }

    /** {@code dBias += sum of rows [from, to)}. */
    static void addColumnSums(Tensor dy, int from, int to, Tensor dBias) {
        MemorySegment gradients = dy.segment();
        MemorySegment sums = dBias.segment();
        int columns = dy.columns();
        int whole = SPECIES.loopBound(columns);
        VectorMask<Float> tail = VectorMath.tail(columns);
        for (int j = 0; j < whole; j += LANES) {
            addColumnSums(gradients, from, to, columns, j, sums);
        }
        if (whole < columns) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int i = from; i < to; i++) {
                sum = sum.add(load(gradients, ((long) i * columns + whole) * Float.BYTES, tail));
            }
            long at = whole * (long) Float.BYTES;
            store(load(sums, at, tail).add(sum), sums, at, tail);
        }
    }

    /** One vector of columns. */
    private static void addColumnSums(
            MemorySegment gradients, int from, int to, int columns, int column, MemorySegment sums) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = from; i < to; i++) {
            sum = sum.add(load(gradients, ((long) i * columns + column) * Float.BYTES));
        }
        long at = column * (long) Float.BYTES;
        store(load(sums, at).add(sum), sums, at);
    }
}
