package io.longreel.ops.kernels;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;

/**
 * What the operations demand of their operands. Every implementation asks here before it touches memory, so that a wrong shape is an
 * exception with both shapes in it and never a read of somebody else's rows. Stateless; any thread.
 */
public final class Shapes {
    private Shapes() {}

    /** All operands are F32. */
    public static void f32(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor.dtype() != DType.F32) {
                throw new IllegalArgumentException("operands must be F32: tensor=" + tensor);
            }
        }
    }

    /** Gradients accumulate in F32, or in sums that do not depend on the order. */
    public static void accumulator(String name, Tensor tensor, long elements) {
        if ((tensor.dtype() != DType.F32 && tensor.dtype() != DType.SUM128) || tensor.elements() != elements) {
            throw new IllegalArgumentException(
                    "gradient must accumulate in F32 or SUM128 and have the right size: operand=%s shape=%s elements=%d"
                            .formatted(name, tensor, elements));
        }
    }

    /** {@code tensor} has exactly this many elements. */
    public static void elements(String name, Tensor tensor, long elements) {
        f32(tensor);
        if (tensor.elements() != elements) {
            throw new IllegalArgumentException("operand must have the right size: operand=%s shape=%s elements=%d"
                    .formatted(name, tensor, elements));
        }
    }

    /** All operands have as many elements as the first. */
    public static void sameElements(Tensor first, Tensor... others) {
        f32(first);
        for (Tensor other : others) {
            f32(other);
            if (other.elements() != first.elements()) {
                throw new IllegalArgumentException(
                        "operands must have as many elements: first=%s other=%s".formatted(first, other));
            }
        }
    }

    /** An F32 and a BF16 operand of as many elements. */
    public static void conversion(Tensor f32, Tensor bf16) {
        if (f32.dtype() != DType.F32 || bf16.dtype() != DType.BF16 || f32.elements() != bf16.elements()) {
            throw new IllegalArgumentException(
                    "a conversion must have as many F32 as BF16 elements: f32=%s bf16=%s".formatted(f32, bf16));
        }
    }

    /** {@code tensor} is {@code [rows, columns]} when all its dims but the first are counted together. */
    public static void matrix(String name, Tensor tensor, int rows, int columns) {
        f32(tensor);
        if (tensor.rows() != rows || tensor.columns() != columns) {
            throw new IllegalArgumentException("operand must have the right shape: operand=%s shape=%s wanted=[%d, %d]"
                    .formatted(name, tensor, rows, columns));
        }
    }

    /** Inner and outer dims of {@code c = op(a) op(b)} agree. */
    public static void matmul(boolean transposeA, Tensor a, boolean transposeB, Tensor b, Tensor c) {
        f32(c);
        matmulInto(transposeA, a, transposeB, b, c);
    }

    /** As {@link #matmul}, whatever the type of {@code c} is. */
    public static void matmulInto(boolean transposeA, Tensor a, boolean transposeB, Tensor b, Tensor c) {
        boolean wide = a.dtype() == DType.F32 && b.dtype() == DType.F32;
        boolean narrow = a.dtype() == DType.BF16 && b.dtype() == DType.BF16;
        if (!wide && !narrow) {
            throw new IllegalArgumentException("both matrices must be F32, or both BF16: a=%s b=%s".formatted(a, b));
        }
        int m = transposeA ? a.columns() : a.rows();
        int innerA = transposeA ? a.rows() : a.columns();
        int innerB = transposeB ? b.columns() : b.rows();
        int n = transposeB ? b.rows() : b.columns();
        if (innerA != innerB || c.rows() != m || c.columns() != n) {
            throw new IllegalArgumentException("matrices must fit: transposeA=%s a=%s transposeB=%s b=%s c=%s"
                    .formatted(transposeA, a, transposeB, b, c));
        }
    }

    /** Some columns of {@code w [out, in]} meet {@code x [rows, n]}, and give {@code y [rows, out]}. */
    public static void linearPart(Tensor x, Tensor w, int from, Tensor y) {
        f32(y);
        if (x.dtype() != w.dtype()
                || from < 0
                || from + (long) x.columns() > w.columns()
                || y.rows() != x.rows()
                || y.columns() != w.rows()) {
            throw new IllegalArgumentException(
                    "columns must be some of w's, and fit: x=%s w=%s from=%d y=%s".formatted(x, w, from, y));
        }
    }

    /** One index per row of {@code moved}, each a row of {@code indexed}; both have equally wide rows. */
    public static void indexedRows(Tensor moved, int[] index, Tensor indexed) {
        f32(moved, indexed);
        indexedRowsOfAnyType(moved, index, indexed);
    }

    /** As {@link #indexedRows}, whatever the types are. */
    public static void indexedRowsOfAnyType(Tensor moved, int[] index, Tensor indexed) {
        if (moved.rows() != index.length || moved.columns() != indexed.columns()) {
            throw new IllegalArgumentException("one index per row, rows of equal width: rows=%s indexed=%s indices=%d"
                    .formatted(moved, indexed, index.length));
        }
        for (int i = 0; i < index.length; i++) {
            if (index[i] < 0 || index[i] >= indexed.rows()) {
                throw new IndexOutOfBoundsException(
                        "index must be a row: position=%d index=%d rows=%d".formatted(i, index[i], indexed.rows()));
            }
        }
    }

    /** {@code narrow} holds columns {@code [from, from + its width)} of every row of {@code wide}. */
    public static void columns(Tensor wide, int from, Tensor narrow) {
        f32(wide, narrow);
        if (narrow.rows() != wide.rows() || from < 0 || from + (long) narrow.columns() > wide.columns()) {
            throw new IllegalArgumentException(
                    "columns must lie in the rows: wide=%s from=%d narrow=%s".formatted(wide, from, narrow));
        }
    }

    /** Queries, keys, values and masks of one attention block fit together. */
    public static void attention(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKV,
            KeyRanges ranges,
            int[] kvHead_N,
            Tensor like_TNV,
            Tensor lse_TN) {
        f32(q_TNH, k_SKH, v_SKV, like_TNV, lse_TN);
        boolean ranks = q_TNH.rank() == 3 && k_SKH.rank() == 3 && v_SKV.rank() == 3 && like_TNV.rank() == 3;
        if (!ranks
                || k_SKH.dim(2) != q_TNH.dim(2)
                || v_SKV.dim(0) != k_SKH.dim(0)
                || v_SKV.dim(1) != k_SKH.dim(1)
                || like_TNV.dim(0) != q_TNH.dim(0)
                || like_TNV.dim(1) != q_TNH.dim(1)
                || like_TNV.dim(2) != v_SKV.dim(2)
                || lse_TN.rows() != q_TNH.dim(0)
                || lse_TN.elements() != (long) q_TNH.dim(0) * q_TNH.dim(1)
                || kvHead_N.length != q_TNH.dim(1)
                || ranges.queries() != q_TNH.dim(0)) {
            throw new IllegalArgumentException(
                    "attention operands must fit: q=%s k=%s v=%s out=%s lse=%s heads=%d ranges=%d"
                            .formatted(q_TNH, k_SKH, v_SKV, like_TNV, lse_TN, kvHead_N.length, ranges.queries()));
        }
        for (int kvHead : kvHead_N) {
            if (kvHead < 0 || kvHead >= k_SKH.dim(1)) {
                throw new IndexOutOfBoundsException(
                        "key/value head must exist: kvHead=%d kvHeads=%d".formatted(kvHead, k_SKH.dim(1)));
            }
        }
        int keys = k_SKH.rows();
        for (int i = 0; i < ranges.queries(); i++) {
            int from = ranges.from()[i];
            int to = ranges.to()[i];
            if (from < 0 || from > to || to > keys) {
                throw new IndexOutOfBoundsException(
                        "key range must lie in the block: query=%d from=%d to=%d keys=%d".formatted(i, from, to, keys));
            }
        }
    }

    /** Every operand of an attention block has a gradient of its shape, and every lse a delta. */
    public static void attentionGradients(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKV,
            Tensor dq_TNH,
            Tensor dk_SKH,
            Tensor dv_SKV,
            Tensor lse_TN,
            Tensor delta_TN) {
        f32(dq_TNH, delta_TN);
        accumulator("dk", dk_SKH, k_SKH.elements());
        accumulator("dv", dv_SKV, v_SKV.elements());
        if (!sameShape(q_TNH, dq_TNH)
                || !sameShape(k_SKH, dk_SKH)
                || !sameShape(v_SKV, dv_SKV)
                || delta_TN.elements() != lse_TN.elements()) {
            throw new IllegalArgumentException(
                    "attention gradients must be like their operands: q=%s dq=%s k=%s dk=%s v=%s dv=%s lse=%s delta=%s"
                            .formatted(q_TNH, dq_TNH, k_SKH, dk_SKH, v_SKV, dv_SKV, lse_TN, delta_TN));
        }
    }

    /** One cosine and one sine per token and pair of dims. */
    public static void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2) {
        f32(x_TNH, cos_TH2, sin_TH2);
        if (x_TNH.rank() != 3 || x_TNH.dim(2) % 2 != 0) {
            throw new IllegalArgumentException("rotary input must be [tokens, heads, even head dim]: x=" + x_TNH);
        }
        matrix("cos", cos_TH2, x_TNH.rows(), x_TNH.dim(2) / 2);
        matrix("sin", sin_TH2, x_TNH.rows(), x_TNH.dim(2) / 2);
    }

    /** Two attention results are alike. */
    public static void merge(Tensor part_TNV, Tensor lsePart_TN, Tensor out_TNV, Tensor lse_TN) {
        f32(part_TNV, lsePart_TN, out_TNV, lse_TN);
        if (out_TNV.rank() != 3
                || !sameShape(part_TNV, out_TNV)
                || lsePart_TN.elements() != lse_TN.elements()
                || lse_TN.elements() != (long) out_TNV.dim(0) * out_TNV.dim(1)) {
            throw new IllegalArgumentException(
                    "attention results must be alike to be merged: part=%s lsePart=%s out=%s lse=%s"
                            .formatted(part_TNV, lsePart_TN, out_TNV, lse_TN));
        }
    }

    /** Output and its gradient are alike, with one delta per token and head. */
    public static void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN) {
        f32(out_TNV, dOut_TNV, delta_TN);
        if (out_TNV.rank() != 3 || !sameShape(out_TNV, dOut_TNV)) {
            throw new IllegalArgumentException(
                    "output and its gradient must be alike: out=%s dOut=%s".formatted(out_TNV, dOut_TNV));
        }
        elements("delta", delta_TN, (long) out_TNV.dim(0) * out_TNV.dim(1));
    }

    /** Frames {@code [F, 3, h, w]} hold whole patches, and {@code patches} has a row for each. */
    public static void patches(Tensor pixels, int patch, Tensor patches) {
        f32(pixels, patches);
        if (pixels.rank() != 4 || patch < 1) {
            throw new IllegalArgumentException(
                    "pixels must be [frames, channels, height, width]: pixels=%s patch=%d".formatted(pixels, patch));
        }
        int perFrame = (pixels.dim(2) / patch) * (pixels.dim(3) / patch);
        matrix("patches", patches, pixels.rows() * perFrame, pixels.dim(1) * patch * patch);
    }

    /** Whole maps of {@code grid x grid} rows on one side, of {@code half x half} rows four times as wide on the other. */
    public static void downsample(Tensor full, int grid, Tensor half) {
        f32(full, half);
        if (grid < 1 || full.rows() % (grid * grid) != 0) {
            throw new IllegalArgumentException("rows must be whole maps: x=%s grid=%d".formatted(full, grid));
        }
        int side = (grid + 1) / 2;
        matrix("downsampled", half, full.rows() / (grid * grid) * side * side, 4 * full.columns());
    }

    /** One label per row, each {@link LossKernels#IGNORE} or a column. */
    public static void labels(Tensor logits, int[] labels) {
        f32(logits);
        if (logits.rows() != labels.length) {
            throw new IllegalArgumentException(
                    "one label per row of logits: logits=%s labels=%d".formatted(logits, labels.length));
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] != LossKernels.IGNORE && (labels[i] < 0 || labels[i] >= logits.columns())) {
                throw new IndexOutOfBoundsException("label must be in the vocabulary: row=%d label=%d vocabulary=%d"
                        .formatted(i, labels[i], logits.columns()));
            }
        }
    }

    /** {@code row} exists and has at least one logit. */
    public static void logitRow(Tensor logits, int row) {
        f32(logits);
        if (row < 0 || row >= logits.rows() || logits.columns() == 0) {
            throw new IndexOutOfBoundsException("row of logits must exist: logits=%s row=%d".formatted(logits, row));
        }
    }

    /** All slices are alike, and steps count from 1: step 0 would divide by zero. */
    public static void adamW(Tensor weights, Tensor gradients, Tensor m, Tensor v, int step) {
        sameElements(weights, gradients, m, v);
        if (step < 1) {
            throw new IllegalArgumentException("optimizer steps count from 1: step=" + step);
        }
    }

    /** Whether all dims agree. */
    public static boolean sameShape(Tensor a, Tensor b) {
        return Arrays.equals(a.shape(), b.shape());
    }
}
