package io.longreel.model.loss;

import io.longreel.model.ModelConfig;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Products;
import io.longreel.model.state.Unit;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;

/**
 * The head and its cross-entropy, fused over chunks of rows: the logits of one chunk exist at a time, and only rows that have a label are computed.
 * Sums, not means: the division by the global count of labelled tokens is part of {@code gradientScale} (specification 3.7). Legend: T own tokens, L
 * labelled own tokens, D width, V vocabulary.
 */
public final class VocabularyLoss {
    /** Rows of logits that exist at a time. */
    private static final int CHUNK_ROWS = 256;

    private final Weights weights;
    private final String headUnit;
    private final String headName;
    private final int vocabularySize;

    public VocabularyLoss(ModelConfig.Llm config, Weights weights) {
        this.weights = weights;
        this.headUnit = Unit.head(config);
        this.headName = ParameterSpec.LLM + (config.tieEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight");
        this.vocabularySize = config.vocabularySize();
    }

    /**
     * Adds the losses of the labelled rows, not scaled, and computes their gradients. Opens the gradients of the head's unit and leaves them open: the
     * token embedding may be the same one, and the backward pass comes to it last.
     *
     * @param normed [T, D]
     * @param rows own rows that have a label, ascending
     * @param labels their labels
     * @param dNormed [T, D], overwritten with {@code gradientScale} times the gradient
     */
    public void lossAndGradient(
            Workspace ws,
            Tensor normed,
            int[] rows,
            int[] labels,
            float gradientScale,
            Tensor dNormed,
            LossSum losses) {
        weights.use(headUnit);
        weights.openGradients(headUnit);
        long start = ws.scratch().mark();
        Tensor head = Products.factor(ws, weights.factor(headName, ws.kernels().operands()));
        Tensor dHead = weights.gradient(headName);
        ws.kernels().elementwise().zero(dNormed);
        for (int from = 0; from < rows.length; from += CHUNK_ROWS) {
            int to = Math.min(rows.length, from + CHUNK_ROWS);
            int[] chunk = Arrays.copyOfRange(rows, from, to);
            long mark = ws.scratch().mark();
            Tensor x = ws.scratch().allocate(chunk.length, normed.columns());
            Tensor dx = ws.scratch().allocate(chunk.length, normed.columns());
            Tensor logits = ws.scratch().allocate(chunk.length, vocabularySize);
            ws.kernels().rows().gather(normed, chunk, x);
            Products.forward(ws, x, head, null, logits);
            crossEntropy(ws, logits, Arrays.copyOfRange(labels, from, to), gradientScale, losses);
            Products.backward(ws, x, head, logits, 0f, dx, dHead, null);
            ws.kernels().rows().scatter(dx, chunk, dNormed);
            ws.scratch().rewind(mark);
        }
        ws.scratch().rewind(start);
    }

    private static void crossEntropy(Workspace ws, Tensor logits, int[] labels, float gradientScale, LossSum losses) {
        int rowsAtOnce = losses.wantsSingleTokens() ? 1 : labels.length;
        for (int row = 0; row < labels.length; row += rowsAtOnce) {
            int end = row + rowsAtOnce;
            losses.add(ws.kernels()
                    .loss()
                    .crossEntropy(logits.slice(row, end), Arrays.copyOfRange(labels, row, end), gradientScale));
        }
    }

    /** Most likely token of each row of {@code normed}; ties go to the lower id. */
    public int[] argmax(Workspace ws, Tensor normed) {
        weights.use(headUnit);
        int[] best = new int[normed.rows()];
        for (int from = 0; from < best.length; from += CHUNK_ROWS) {
            int to = Math.min(best.length, from + CHUNK_ROWS);
            long mark = ws.scratch().mark();
            Tensor logits = logits(ws, normed.slice(from, to));
            for (int row = from; row < to; row++) {
                best[row] = ws.kernels().loss().argmax(logits, row - from);
            }
            ws.scratch().rewind(mark);
        }
        return best;
    }

    /** {@code normed [rows, D] -> logits [rows, V]} in the scratch arena; for borders that want all of them. The head must be in use. */
    public Tensor logits(Workspace ws, Tensor normed) {
        Tensor logits = ws.scratch().allocate(normed.rows(), vocabularySize);
        Products.forward(ws, normed, weights.factor(headName, ws.kernels().operands()), null, logits);
        return logits;
    }
}
