package io.longreel.ops.kernels;

import io.longreel.ops.tensor.Tensor;

/** Cross-entropy over one chunk of logits. */
public interface LossKernels {
    /** Label of rows that do not count. */
    int IGNORE = -100;

    /**
     * Sum over labelled rows of {@code -log softmax(logits)[label]}, in double. Labels are already shifted: row i predicts {@code labels[i]}.
     *
     * @param logits [rows, vocabulary]
     * @param labels one per row; {@link #IGNORE} rows contribute nothing and get zero gradient
     * @param gradientScale when not 0, {@code logits} is overwritten with {@code gradientScale * (softmax - onehot)}
     */
    double crossEntropy(Tensor logits, int[] labels, float gradientScale);

    /** Index of the largest logit of a row; the lowest index wins ties. */
    int argmax(Tensor logits, int row);
}
