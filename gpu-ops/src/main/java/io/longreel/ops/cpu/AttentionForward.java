package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The operands of one forward pass, and the scratch of one query tile: scores, running maximum and running sum per row. The running output
 * is kept unnormalised in {@code out} itself while a tile is worked on. Belongs to one call of {@link CpuAttention#forward}.
 */
record AttentionForward(
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
        int perTile = tile.keysPerTile(CpuAttention.FORWARD_KEYS);
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
            ScoreRow.seal(scores, row, last);
            float before = max.getAtIndex(JAVA_FLOAT, i);
            float now = Math.max(before, ScoreRow.max(scores, row, first, last));
            float total = ScoreRow.exponentiate(scores, row, first, last, now);
            ScoreRow.hide(scores, row, first, last, keys);
            float earlier = sum.getAtIndex(JAVA_FLOAT, i);
            if (now != before && earlier != 0f) {
                float shrink = (float) Math.exp(before - now);
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
