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
        Tensor v_SKV,
        float scale,
        Tensor dOut_TNV,
        Tensor lse_TN,
        Tensor delta_TN,
        Tensor dq_TNH,
        Tensor dk_SKH,
        Tensor dv_SKV,
        MemorySegment p,
        MemorySegment ds,
        int stride) {

    void differentiate(QueryTile tile, int head, int kvHead) {
        for (QueryTile.KeyTile keyTile : tile.keyTiles()) {
            for (QueryTile.Piece piece : keyTile.pieces()) {
                // q k^T: (rows, H) (keys, H)^T -> (rows, keys); dOut v^T likewise over V
                rowsTimesKeys(scale, q_TNH, k_SKH, p, tile, keyTile, piece, head, kvHead);
                rowsTimesKeys(1f, dOut_TNV, v_SKV, ds, tile, keyTile, piece, head, kvHead);
            }
            scoreGradients(tile, keyTile, head);
            for (QueryTile.Piece piece : keyTile.pieces()) {
                // dv += p^T dOut: (rows, keys)^T (rows, V) -> (keys, V); dk += ds^T q likewise over H
                addToKeys(1f, p, dOut_TNV, dv_SKV, tile, keyTile, piece, head, kvHead);
                addToKeys(scale, ds, q_TNH, dk_SKH, tile, keyTile, piece, head, kvHead);
                addToQueries(tile, keyTile, piece, head, kvHead);
            }
        }
    }

    /** {@code (rows, X) (keys, X)^T -> (rows, keys)}, X = H or V. */
    private void rowsTimesKeys(
            float factor,
            Tensor rows_TNX,
            Tensor keys_SKX,
            MemorySegment product,
            QueryTile tile,
            QueryTile.KeyTile keyTile,
            QueryTile.Piece piece,
            int head,
            int kvHead) {
        OneDnn.sgemm(
                false,
                true,
                piece.rows(),
                piece.keys(),
                rows_TNX.dim(2),
                factor,
                rows_TNX.segment(),
                AttentionForward.rowAt(rows_TNX, tile.from() + piece.row(), head),
                rows_TNX.columns(),
                keys_SKX.segment(),
                AttentionForward.rowAt(keys_SKX, keyTile.from() + piece.key(), kvHead),
                keys_SKX.columns(),
                0f,
                product,
                (long) piece.row() * stride + piece.key(),
                stride);
    }

    /** {@code (rows, keys)^T (rows, X) -> (keys, X)}, X = H or V. */
    private void addToKeys(
            float factor,
            MemorySegment scores,
            Tensor rows_TNX,
            Tensor gradient_SKX,
            QueryTile tile,
            QueryTile.KeyTile keyTile,
            QueryTile.Piece piece,
            int head,
            int kvHead) {
        OneDnn.sgemm(
                true,
                false,
                piece.keys(),
                rows_TNX.dim(2),
                piece.rows(),
                factor,
                scores,
                (long) piece.row() * stride + piece.key(),
                stride,
                rows_TNX.segment(),
                AttentionForward.rowAt(rows_TNX, tile.from() + piece.row(), head),
                rows_TNX.columns(),
                1f,
                gradient_SKX.segment(),
                AttentionForward.rowAt(gradient_SKX, keyTile.from() + piece.key(), kvHead),
                gradient_SKX.columns());
    }

    /** {@code dq += ds k}: {@code (rows, keys) (keys, H) -> (rows, H)}. */
    private void addToQueries(QueryTile tile, QueryTile.KeyTile keyTile, QueryTile.Piece piece, int head, int kvHead) {
        OneDnn.sgemm(
                false,
                false,
                piece.rows(),
                k_SKH.dim(2),
                piece.keys(),
                scale,
                ds,
                (long) piece.row() * stride + piece.key(),
                stride,
                k_SKH.segment(),
                AttentionForward.rowAt(k_SKH, keyTile.from() + piece.key(), kvHead),
                k_SKH.columns(),
                1f,
                dq_TNH.segment(),
                AttentionForward.rowAt(dq_TNH, tile.from() + piece.row(), head),
                dq_TNH.columns());
    }

    private void scoreGradients(QueryTile tile, QueryTile.KeyTile keyTile, int head) {
        for (int i = 0; i < tile.rows(); i++) {
            long row = (long) i * stride * Float.BYTES;
            long statistics = (long) (tile.from() + i) * q_TNH.dim(1) + head;
            float lse = lse_TN.segment().getAtIndex(JAVA_FLOAT, statistics);
            int first = tile.firstColumn(tile.from() + i, keyTile);
            int last = tile.lastColumn(tile.from() + i, keyTile);
            if (first >= last || lse == Float.NEGATIVE_INFINITY) {
                first = 0;
                last = 0;
            }
            float delta = delta_TN.segment().getAtIndex(JAVA_FLOAT, statistics);
            ScoreRow.differentiate(p, ds, row, first, last, lse, delta);
            ScoreRow.hide(p, row, first, last, keyTile.keys());
            ScoreRow.hide(ds, row, first, last, keyTile.keys());
        }
    }
}
