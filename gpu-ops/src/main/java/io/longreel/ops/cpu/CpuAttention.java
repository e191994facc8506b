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
 * their values to the output. A value that is not finite may reach rows of its tile that do not see it. The running output is kept unnormalised in {@code out} itself while a query tile is worked on, starting from
 * what earlier blocks left (weight 1 at maximum {@code lse}), so that merging costs nothing. Stateless; any thread, one per call.
 *
 * <p>Legend: T query rows, S key rows, N query heads, K key/value heads, H head dim.
 */
final class CpuAttention implements AttentionKernels {
    // Tiles of 128 x 512 scores take 256 KiB; measured best of 64 to 512 rows and 256 to 1024 keys at head dim 32.
    private static final int FORWARD_ROWS = 128;
    static final int FORWARD_KEYS = 512;
    private static final int BACKWARD_ROWS = 128;
    static final int BACKWARD_KEYS = 512;

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
        AttentionForward pass = new AttentionForward(
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
        AttentionBackward pass = new AttentionBackward(
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

    @Override
    public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
        int forwardRows = Math.min(FORWARD_ROWS, queries);
        int backwardRows = Math.min(BACKWARD_ROWS, queries);
        long forward = TensorArena.sizeBytes(DType.F32, forwardRows, stride(keys, FORWARD_KEYS))
                + 2 * TensorArena.sizeBytes(DType.F32, forwardRows);
        long backward = 2 * TensorArena.sizeBytes(DType.F32, backwardRows, stride(keys, BACKWARD_KEYS));
        return Math.max(forward, backward);
    }

    /** Floats from one row of a score tile to the next: whole vectors and slack, which also keeps rows from sharing cache sets. */
    private static int stride(int keys, int keysMax) {
        int lanes = VectorMath.LANES;
        return (Math.min(keys, keysMax) + lanes - 1) / lanes * lanes + ScoreRow.SLACK;
    }
}
