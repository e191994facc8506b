package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The operands of one backward pass, and the scratch of one tile: probabilities, recomputed from the final {@code lse}, and the gradients of
 * scores. Five products per tile. Belongs to one call of {@link CpuAttention#backward}.
 */
record AttentionBackward(
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
        int perTile = tile.keysPerTile(CpuAttention.BACKWARD_KEYS);
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
            float delta = delta_TN.segment().getAtIndex(JAVA_FLOAT, statistics);
            ScoreRow.differentiate(p, ds, row, first, last, lse, delta);
            ScoreRow.hide(p, row, first, last, keys);
            ScoreRow.hide(ds, row, first, last, keys);
        }
    }
}
