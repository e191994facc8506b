package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Attention in tiles (Dao et al., FlashAttention): per head, a tile of queries meets the keys it may see, tile by tile; scores come from a
 * matrix product into scratch that fits the second-level cache, a vector loop turns them into probabilities, a second product adds
 * their values to the output. A value that is not finite may reach rows of its tile that do not see it. The running output is kept
 * unnormalised in {@code out} itself while a query tile is worked on, starting from what earlier blocks left (weight 1 at maximum
 * {@code lse}), so that merging costs nothing. Stateless; any thread, one per call.
 *
 * <p>Legend: T query rows, S key rows, N query heads, K key/value heads, H head dim, V head dim of values.
 */
final class CpuAttention implements AttentionKernels {
    /** Keys of a tile of scores at most. */
    private static final int KEYS_MAX = 512;

    @Override
    public void forward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKV,
            KeyRanges ranges,
            int[] kvHead_N,
            float scale,
            Tensor out_TNV,
            Tensor lse_TN,
            TensorArena scratch) {
        Shapes.attention(q_TNH, k_SKH, v_SKV, ranges, kvHead_N, out_TNV, lse_TN);
        requireDims(q_TNH, v_SKV);
        long mark = scratch.mark();
        int rows = Math.min(QueryTile.ROWS_MAX, q_TNH.rows());
        int stride = stride(k_SKH.rows());
        AttentionForward pass = new AttentionForward(
                q_TNH,
                k_SKH,
                v_SKV,
                scale,
                out_TNV,
                lse_TN,
                scratch.allocate(rows, stride).segment(),
                stride,
                scratch.allocate(rows).segment(),
                scratch.allocate(rows).segment());
        List<QueryTile> tiles = QueryTile.of(ranges, QueryTile.ROWS_MAX, KEYS_MAX);
        for (int n = 0; n < kvHead_N.length; n++) {
            for (QueryTile tile : tiles) {
                pass.attend(tile, n, kvHead_N[n]);
            }
        }
        scratch.rewind(mark);
    }

    private static void requireDims(Tensor q_TNH, Tensor v_SKV) {
        if (q_TNH.dim(2) == 0 || v_SKV.dim(2) == 0) {
            throw new IllegalArgumentException("heads must have a dim: q=%s v=%s".formatted(q_TNH, v_SKV));
        }
    }

    @Override
    public void merge(Tensor part_TNV, Tensor lse_part_TN, Tensor out_TNV, Tensor lse_TN) {
        Shapes.merge(part_TNV, lse_part_TN, out_TNV, lse_TN);
        int valueDim = out_TNV.dim(2);
        for (long row = 0; row < lse_TN.elements(); row++) {
            double own = lse_TN.getFloat(row);
            double other = lse_part_TN.getFloat(row);
            if (other != Double.NEGATIVE_INFINITY) {
                double max = Math.max(own, other);
                double lse = max + Math.log(Math.exp(own - max) + Math.exp(other - max));
                float keep = (float) Math.exp(own - lse);
                float take = (float) Math.exp(other - lse);
                mix(part_TNV.segment(), take, out_TNV.segment(), keep, row * valueDim * Float.BYTES, valueDim);
                lse_TN.setFloat(row, (float) lse);
            }
        }
    }

    /** {@code out = keep out + take part}, one row. */
    private static void mix(MemorySegment part, float take, MemorySegment out, float keep, long rowAt, int valueDim) {
        FloatVector keeps = FloatVector.broadcast(VectorMath.SPECIES, keep);
        FloatVector takes = FloatVector.broadcast(VectorMath.SPECIES, take);
        for (int h = 0; h < valueDim; h += VectorMath.LANES) {
            VectorMask<Float> mask = VectorMath.SPECIES.indexInRange(h, valueDim);
            long at = rowAt + (long) h * Float.BYTES;
            FloatVector kept = VectorMath.load(out, at, mask).mul(keeps);
            VectorMath.store(VectorMath.load(part, at, mask).fma(takes, kept), out, at, mask);
        }
    }

    @Override
    public void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN) {
        Shapes.delta(out_TNV, dOut_TNV, delta_TN);
        int valueDim = out_TNV.dim(2);
        MemorySegment out = out_TNV.segment();
        MemorySegment dOut = dOut_TNV.segment();
        for (long row = 0; row < delta_TN.elements(); row++) {
            delta_TN.segment().setAtIndex(JAVA_FLOAT, row, product(out, dOut, row * valueDim * Float.BYTES, valueDim));
        }
    }

    private static float product(MemorySegment out, MemorySegment dOut, long rowAt, int valueDim) {
        FloatVector sum = FloatVector.zero(VectorMath.SPECIES);
        for (int h = 0; h < valueDim; h += VectorMath.LANES) {
            VectorMask<Float> mask = VectorMath.SPECIES.indexInRange(h, valueDim);
            long at = rowAt + (long) h * Float.BYTES;
            sum = VectorMath.load(out, at, mask).fma(VectorMath.load(dOut, at, mask), sum);
        }
        return VectorMath.sum(sum);
    }

    @Override
    public void backward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKV,
            KeyRanges ranges,
            int[] kvHead_N,
            float scale,
            Tensor dOut_TNV,
            Tensor lse_TN,
            Tensor delta_TN,
            Tensor dq_TNH,
            Tensor dk_SKH,
            Tensor dv_SKV,
            TensorArena scratch) {
        Shapes.attention(q_TNH, k_SKH, v_SKV, ranges, kvHead_N, dOut_TNV, lse_TN);
        Shapes.attentionGradients(q_TNH, k_SKH, v_SKV, dq_TNH, dk_SKH, dv_SKV, lse_TN, delta_TN);
        Shapes.f32(dk_SKH, dv_SKV);
        requireDims(q_TNH, v_SKV);
        long mark = scratch.mark();
        int rows = Math.min(QueryTile.ROWS_MAX, q_TNH.rows());
        int stride = stride(k_SKH.rows());
        AttentionBackward pass = new AttentionBackward(
                q_TNH,
                k_SKH,
                v_SKV,
                scale,
                dOut_TNV,
                lse_TN,
                delta_TN,
                dq_TNH,
                dk_SKH,
                dv_SKV,
                scratch.allocate(rows, stride).segment(),
                scratch.allocate(rows, stride).segment(),
                stride);
        List<QueryTile> tiles = QueryTile.of(ranges, QueryTile.ROWS_MAX, KEYS_MAX);
        for (int n = 0; n < kvHead_N.length; n++) {
            for (QueryTile tile : tiles) {
                pass.differentiate(tile, n, kvHead_N[n]);
            }
        }
        scratch.rewind(mark);
    }

    @Override
    public long executedPairs(KeyRanges ranges) {
        return QueryTile.of(ranges, QueryTile.ROWS_MAX, KEYS_MAX).stream()
                .mapToLong(QueryTile::pairs)
                .sum();
    }

    @Override
    public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
        int rows = Math.min(QueryTile.ROWS_MAX, queries);
        long tile = TensorArena.sizeBytes(DType.F32, rows, stride(keys));
        long forward = tile + 2 * TensorArena.sizeBytes(DType.F32, rows);
        long backward = 2 * tile;
        return Math.max(forward, backward);
    }

    /** Floats from one row of a score tile to the next: whole vectors and slack, which also keeps rows from sharing cache sets. */
    private static int stride(int keys) {
        int lanes = VectorMath.LANES;
        return (Math.min(keys, KEYS_MAX) + lanes - 1) / lanes * lanes + ScoreRow.SLACK;
    }
}
