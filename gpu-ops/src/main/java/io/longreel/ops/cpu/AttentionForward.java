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
        Tensor v_SKV,
        float scale,
        Tensor out_TNV,
        Tensor lse_TN,
        MemorySegment scores,
        int stride,
        MemorySegment max,
        MemorySegment sum) {

    void attend(QueryTile tile, int head, int kvHead) {
        start(tile, head);
        for (QueryTile.KeyTile keyTile : tile.keyTiles()) {
            for (QueryTile.Piece piece : keyTile.pieces()) {
                score(tile, keyTile, piece, head, kvHead);
            }
            softmax(tile, keyTile, head);
            for (QueryTile.Piece piece : keyTile.pieces()) {
                addValues(tile, keyTile, piece, head, kvHead);
            }
        }
        finish(tile, head);
    }

    /** {@code (rows, H) (keys, H)^T -> (rows, keys)}. */
    private void score(QueryTile tile, QueryTile.KeyTile keyTile, QueryTile.Piece piece, int head, int kvHead) {
        int headDim = q_TNH.dim(2);
        OneDnn.sgemm(
                false,
                true,
                piece.rows(),
                piece.keys(),
                headDim,
                scale,
                q_TNH.segment(),
                rowAt(q_TNH, tile.from() + piece.row(), head),
                q_TNH.columns(),
                k_SKH.segment(),
                rowAt(k_SKH, keyTile.from() + piece.key(), kvHead),
                k_SKH.columns(),
                0f,
                scores,
                (long) piece.row() * stride + piece.key(),
                stride);
    }

    /** {@code (rows, keys) (keys, V) -> (rows, V)}. */
    private void addValues(QueryTile tile, QueryTile.KeyTile keyTile, QueryTile.Piece piece, int head, int kvHead) {
        OneDnn.sgemm(
                false,
                false,
                piece.rows(),
                v_SKV.dim(2),
                piece.keys(),
                1f,
                scores,
                (long) piece.row() * stride + piece.key(),
                stride,
                v_SKV.segment(),
                rowAt(v_SKV, keyTile.from() + piece.key(), kvHead),
                v_SKV.columns(),
                1f,
                out_TNV.segment(),
                rowAt(out_TNV, tile.from() + piece.row(), head),
                out_TNV.columns());
    }

    /** Offset of a row's head in floats. */
    static long rowAt(Tensor x, int row, int head) {
        return ((long) row * x.dim(1) + head) * x.dim(2);
    }

    /** What earlier blocks left counts as one key with score {@code lse} and value {@code out}. */
    private void start(QueryTile tile, int head) {
        for (int i = 0; i < tile.rows(); i++) {
            float lse = lse_TN.segment().getAtIndex(JAVA_FLOAT, lseIndex(tile, i, head));
            max.setAtIndex(JAVA_FLOAT, i, lse);
            sum.setAtIndex(JAVA_FLOAT, i, lse == Float.NEGATIVE_INFINITY ? 0f : 1f);
        }
    }

    private void softmax(QueryTile tile, QueryTile.KeyTile keyTile, int head) {
        int keys = keyTile.keys();
        for (int i = 0; i < tile.rows(); i++) {
            long row = (long) i * stride * Float.BYTES;
            int first = tile.firstColumn(tile.from() + i, keyTile);
            int last = tile.lastColumn(tile.from() + i, keyTile);
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
                scaleOutput(tile.from() + i, head, shrink);
                earlier *= shrink;
            }
            max.setAtIndex(JAVA_FLOAT, i, now);
            sum.setAtIndex(JAVA_FLOAT, i, earlier + total);
        }
    }

    private void scaleOutput(int row, int head, float factor) {
        ScoreRow.scale(out_TNV.segment(), rowAt(out_TNV, row, head) * Float.BYTES, out_TNV.dim(2), factor);
    }

    private void finish(QueryTile tile, int head) {
        for (int i = 0; i < tile.rows(); i++) {
            float total = sum.getAtIndex(JAVA_FLOAT, i);
            if (total == 0f) {
                continue;
            }
            scaleOutput(tile.from() + i, head, 1f / total);
            float lse = (float) (max.getAtIndex(JAVA_FLOAT, i) + Math.log(total));
            lse_TN.segment().setAtIndex(JAVA_FLOAT, lseIndex(tile, i, head), lse);
        }
    }

    private long lseIndex(QueryTile tile, int i, int head) {
        return (long) (tile.from() + i) * q_TNH.dim(1) + head;
    }
}
