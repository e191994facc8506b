package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Attention in tiles (Dao et al., FlashAttention): per head, a tile of queries meets the keys it may see, tile by tile; scores come from a
 * matrix product into scratch that fits the second-level cache, a vector loop turns them into probabilities, a second product adds
 * their values to the output. The running output is kept unnormalised in {@code out} itself while a query tile is worked on, starting from
 * what earlier blocks left (weight 1 at maximum {@code lse}), so that merging costs nothing. Stateless; any thread, one per call.
 *
 * <p>Legend: T query rows, S key rows, N query heads, K key/value heads, H head dim.
 */
final class CpuAttention implements AttentionKernels {
    private static final int FORWARD_ROWS = 128;
    private static final int FORWARD_KEYS = 512;
    private static final int BACKWARD_ROWS = 128;
    private static final int BACKWARD_KEYS = 512;

    @Override
    public void forward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKH,
            KeyRanges ranges,
            int[] kvHead_N,
            float scale,
            Tensor out_TNH,
            Tensor lse_TN,
            TensorArena scratch) {
        Shapes.attention(q_TNH, k_SKH, v_SKH, ranges, kvHead_N, out_TNH, lse_TN);
        if (q_TNH.dim(2) == 0) {
            throw new IllegalArgumentException("heads must have a dim: q=" + q_TNH);
        }
        long mark = scratch.mark();
        int rows = Math.min(FORWARD_ROWS, q_TNH.rows());
        int stride = stride(k_SKH.rows(), FORWARD_KEYS);
        Forward pass = new Forward(
                q_TNH,
                k_SKH,
                v_SKH,
                scale,
                out_TNH,
                lse_TN,
                scratch.allocate(rows, stride).segment(),
                stride,
                scratch.allocate(rows).segment(),
                scratch.allocate(rows).segment());
        QueryTile tile = new QueryTile(ranges, FORWARD_ROWS);
        for (int n = 0; n < kvHead_N.length; n++) {
            tile.reset();
            while (tile.next()) {
                pass.attend(tile, n, kvHead_N[n]);
            }
        }
        scratch.rewind(mark);
    }

    /** Operands of a forward pass, and the scratch of one query tile: scores, running maximum and running sum. */
    private record Forward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKH,
            float scale,
            Tensor out_TNH,
            Tensor lse_TN,
            MemorySegment scores,
            int stride,
            MemorySegment max,
            MemorySegment sum) {

        void attend(QueryTile tile, int head, int kvHead) {
            int heads = q_TNH.dim(1);
            int kvHeads = k_SKH.dim(1);
            int headDim = q_TNH.dim(2);
            long rowAt = ((long) tile.from() * heads + head) * headDim;
            long rowStride = (long) heads * headDim;
            long keyStride = (long) kvHeads * headDim;
            start(tile, head);
            int perTile = tile.keysPerTile(FORWARD_KEYS);
            for (int from = tile.firstKey(); from < tile.lastKey(); from += perTile) {
                int keys = Math.min(perTile, tile.lastKey() - from);
                long keyAt = ((long) from * kvHeads + kvHead) * headDim;
                // (rows, H) (keys, H)^T -> (rows, keys)
                OneDnn.sgemm(
                        false,
                        true,
                        tile.rows(),
                        keys,
                        headDim,
                        scale,
                        q_TNH.segment(),
                        rowAt,
                        rowStride,
                        k_SKH.segment(),
                        keyAt,
                        keyStride,
                        0f,
                        scores,
                        0,
                        stride);
                softmax(tile, from, keys, rowAt, rowStride);
                // (rows, keys) (keys, H) -> (rows, H)
                OneDnn.sgemm(
                        false,
                        false,
                        tile.rows(),
                        headDim,
                        keys,
                        1f,
                        scores,
                        0,
                        stride,
                        v_SKH.segment(),
                        keyAt,
                        keyStride,
                        1f,
                        out_TNH.segment(),
                        rowAt,
                        rowStride);
            }
            finish(tile, head, rowAt, rowStride);
        }

        /** What earlier blocks left counts as one key with score {@code lse} and value {@code out}. */
        private void start(QueryTile tile, int head) {
            for (int i = 0; i < tile.rows(); i++) {
                float lse = lse_TN.segment().getAtIndex(JAVA_FLOAT, lseIndex(tile, i, head));
                max.setAtIndex(JAVA_FLOAT, i, lse);
                sum.setAtIndex(JAVA_FLOAT, i, lse == Float.NEGATIVE_INFINITY ? 0f : 1f);
            }
        }

        private void softmax(QueryTile tile, int keyFrom, int keys, long rowAt, long rowStride) {
            int headDim = q_TNH.dim(2);
            for (int i = 0; i < tile.rows(); i++) {
                long row = (long) i * stride * Float.BYTES;
                int first = tile.firstColumn(tile.from() + i, keyFrom, keys);
                int last = tile.lastColumn(tile.from() + i, keyFrom, keys);
                if (first >= last) {
                    ScoreRow.hide(scores, row, 0, 0, keys);
                    continue;
                }
                // Scores that are all NaN leave the maximum at minus infinity, and become NaN probabilities: nothing is
                // hidden.
                float before = max.getAtIndex(JAVA_FLOAT, i);
                float now = Math.max(before, ScoreRow.max(scores, row, first, last));
                ScoreRow.hide(scores, row, first, last, keys);
                float total = ScoreRow.exponentiate(scores, row, first, last, now);
                float earlier = sum.getAtIndex(JAVA_FLOAT, i);
                if (now != before && earlier != 0f) {
                    float shrink = ScoreRow.exp(before - now);
                    ScoreRow.scale(out_TNH.segment(), (rowAt + i * rowStride) * Float.BYTES, headDim, shrink);
                    earlier *= shrink;
                }
                max.setAtIndex(JAVA_FLOAT, i, now);
                sum.setAtIndex(JAVA_FLOAT, i, earlier + total);
            }
        }

        private void finish(QueryTile tile, int head, long rowAt, long rowStride) {
            int headDim = q_TNH.dim(2);
            for (int i = 0; i < tile.rows(); i++) {
                float total = sum.getAtIndex(JAVA_FLOAT, i);
                if (total == 0f) {
                    continue;
                }
                ScoreRow.scale(out_TNH.segment(), (rowAt + i * rowStride) * Float.BYTES, headDim, 1f / total);
                float lse = (float) (max.getAtIndex(JAVA_FLOAT, i) + Math.log(total));
                lse_TN.segment().setAtIndex(JAVA_FLOAT, lseIndex(tile, i, head), lse);
            }
        }

        private long lseIndex(QueryTile tile, int i, int head) {
            return (long) (tile.from() + i) * q_TNH.dim(1) + head;
        }
    }

    @Override
    public void delta(Tensor out_TNH, Tensor dOut_TNH, Tensor delta_TN) {
        Shapes.delta(out_TNH, dOut_TNH, delta_TN);
        int headDim = out_TNH.dim(2);
        MemorySegment out = out_TNH.segment();
        MemorySegment dOut = dOut_TNH.segment();
        for (long row = 0; row < delta_TN.elements(); row++) {
            FloatVector sum = FloatVector.zero(VectorMath.SPECIES);
            for (int h = 0; h < headDim; h += VectorMath.LANES) {
                VectorMask<Float> mask = VectorMath.SPECIES.indexInRange(h, headDim);
                long at = (row * headDim + h) * Float.BYTES;
                sum = VectorMath.load(out, at, mask).fma(VectorMath.load(dOut, at, mask), sum);
            }
            delta_TN.segment().setAtIndex(JAVA_FLOAT, row, VectorMath.sum(sum));
        }
    }

    @Override
    public void backward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKH,
            KeyRanges ranges,
            int[] kvHead_N,
            float scale,
            Tensor dOut_TNH,
            Tensor lse_TN,
            Tensor delta_TN,
            Tensor dq_TNH,
            Tensor dk_SKH,
            Tensor dv_SKH,
            TensorArena scratch) {
        Shapes.attention(q_TNH, k_SKH, v_SKH, ranges, kvHead_N, dOut_TNH, lse_TN);
        Shapes.attention(dq_TNH, dk_SKH, dv_SKH, ranges, kvHead_N, dOut_TNH, delta_TN);
        if (q_TNH.dim(2) == 0) {
            throw new IllegalArgumentException("heads must have a dim: q=" + q_TNH);
        }
        long mark = scratch.mark();
        int rows = Math.min(BACKWARD_ROWS, q_TNH.rows());
        int stride = stride(k_SKH.rows(), BACKWARD_KEYS);
        Backward pass = new Backward(
                q_TNH,
                k_SKH,
                v_SKH,
                scale,
                dOut_TNH,
                lse_TN,
                delta_TN,
                dq_TNH,
                dk_SKH,
                dv_SKH,
                scratch.allocate(rows, stride).segment(),
                scratch.allocate(rows, stride).segment(),
                stride);
        QueryTile tile = new QueryTile(ranges, BACKWARD_ROWS);
        for (int n = 0; n < kvHead_N.length; n++) {
            tile.reset();
            while (tile.next()) {
                pass.differentiate(tile, n, kvHead_N[n]);
            }
        }
        scratch.rewind(mark);
    }

    /** Operands of a backward pass, and the scratch of one tile: probabilities and the gradients of scores. */
    private record Backward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKH,
            float scale,
            Tensor dOut_TNH,
            Tensor lse_TN,
            Tensor delta_TN,
            Tensor dq_TNH,
            Tensor dk_SKH,
            Tensor dv_SKH,
            MemorySegment p,
            MemorySegment ds,
            int stride) {

        void differentiate(QueryTile tile, int head, int kvHead) {
            int heads = q_TNH.dim(1);
            int kvHeads = k_SKH.dim(1);
            int headDim = q_TNH.dim(2);
            int rows = tile.rows();
            long rowAt = ((long) tile.from() * heads + head) * headDim;
            long rowStride = (long) heads * headDim;
            long keyStride = (long) kvHeads * headDim;
            int perTile = tile.keysPerTile(BACKWARD_KEYS);
            for (int from = tile.firstKey(); from < tile.lastKey(); from += perTile) {
                int keys = Math.min(perTile, tile.lastKey() - from);
                long keyAt = ((long) from * kvHeads + kvHead) * headDim;
                // q k^T, dOut v^T: (rows, H) (keys, H)^T -> (rows, keys)
                OneDnn.sgemm(
                        false,
                        true,
                        rows,
                        keys,
                        headDim,
                        scale,
                        q_TNH.segment(),
                        rowAt,
                        rowStride,
                        k_SKH.segment(),
                        keyAt,
                        keyStride,
                        0f,
                        p,
                        0,
                        stride);
                OneDnn.sgemm(
                        false,
                        true,
                        rows,
                        keys,
                        headDim,
                        1f,
                        dOut_TNH.segment(),
                        rowAt,
                        rowStride,
                        v_SKH.segment(),
                        keyAt,
                        keyStride,
                        0f,
                        ds,
                        0,
                        stride);
                scoreGradients(tile, head, from, keys);
                // dv += p^T dOut, dk += ds^T q: (rows, keys)^T (rows, H) -> (keys, H)
                OneDnn.sgemm(
                        true,
                        false,
                        keys,
                        headDim,
                        rows,
                        1f,
                        p,
                        0,
                        stride,
                        dOut_TNH.segment(),
                        rowAt,
                        rowStride,
                        1f,
                        dv_SKH.segment(),
                        keyAt,
                        keyStride);
                OneDnn.sgemm(
                        true,
                        false,
                        keys,
                        headDim,
                        rows,
                        scale,
                        ds,
                        0,
                        stride,
                        q_TNH.segment(),
                        rowAt,
                        rowStride,
                        1f,
                        dk_SKH.segment(),
                        keyAt,
                        keyStride);
                // dq += ds k: (rows, keys) (keys, H) -> (rows, H)
                OneDnn.sgemm(
                        false,
                        false,
                        rows,
                        headDim,
                        keys,
                        scale,
                        ds,
                        0,
                        stride,
                        k_SKH.segment(),
                        keyAt,
                        keyStride,
                        1f,
                        dq_TNH.segment(),
                        rowAt,
                        rowStride);
            }
        }

        private void scoreGradients(QueryTile tile, int head, int keyFrom, int keys) {
            for (int i = 0; i < tile.rows(); i++) {
                long row = (long) i * stride * Float.BYTES;
                long statistics = (long) (tile.from() + i) * q_TNH.dim(1) + head;
                float lse = lse_TN.segment().getAtIndex(JAVA_FLOAT, statistics);
                int first = tile.firstColumn(tile.from() + i, keyFrom, keys);
                int last = tile.lastColumn(tile.from() + i, keyFrom, keys);
                if (first >= last || lse == Float.NEGATIVE_INFINITY) {
                    first = 0;
                    last = 0;
                }
                ScoreRow.hide(p, row, first, last, keys);
                ScoreRow.hide(ds, row, first, last, keys);
                float delta = delta_TN.segment().getAtIndex(JAVA_FLOAT, statistics);
                ScoreRow.differentiate(p, ds, row, first, last, lse, delta);
            }
        }
    }

    @Override
    public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
        int forwardRows = Math.min(FORWARD_ROWS, queries);
        int backwardRows = Math.min(BACKWARD_ROWS, queries);
        long forward = TensorArena.sizeBytes(DType.F32, forwardRows, stride(keys, FORWARD_KEYS))
                + 2 * TensorArena.sizeBytes(DType.F32, forwardRows);
        long backward = 2 * TensorArena.sizeBytes(DType.F32, backwardRows, stride(keys, BACKWARD_KEYS));
        return Math.max(forward, backward);
    }

    /** Floats from one row of a score tile to the next: one cache line more than the tile, so that rows do not share cache sets. */
    private static int stride(int keys, int keysMax) {
        int lanes = VectorMath.LANES;
        return (Math.min(keys, keysMax) + lanes - 1) / lanes * lanes + lanes;
    }
}
