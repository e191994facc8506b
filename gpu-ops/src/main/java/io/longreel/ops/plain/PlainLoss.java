package io.longreel.ops.plain;

import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;

/** Cross-entropy by the definition, in double. Stateless; any thread. */
final class PlainLoss implements LossKernels {

    @Override
    public double crossEntropy(Tensor logits, int[] labels, float gradientScale) {
        Shapes.labels(logits, labels);
        int vocabulary = logits.columns();
        double loss = 0;
        for (int i = 0; i < labels.length; i++) {
            long row = (long) i * vocabulary;
            if (labels[i] == IGNORE) {
                for (int j = 0; gradientScale != 0f && j < vocabulary; j++) {
                    logits.setFloat(row + j, 0f);
                }
                continue;
            }
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < vocabulary; j++) {
                max = Math.max(max, logits.getFloat(row + j));
            }
            double sum = 0;
            for (int j = 0; j < vocabulary; j++) {
                sum += StrictMath.exp(logits.getFloat(row + j) - max);
            }
            loss += max + StrictMath.log(sum) - logits.getFloat(row + labels[i]);
            for (int j = 0; gradientScale != 0f && j < vocabulary; j++) {
                double softmax = StrictMath.exp(logits.getFloat(row + j) - max) / sum;
                logits.setFloat(row + j, (float) (gradientScale * (softmax - (j == labels[i] ? 1 : 0))));
            }
        }
        return loss;
    }

    @Override
    public int argmax(Tensor logits, int row) {
        Shapes.logitRow(logits, row);
        int best = 0;
        for (int j = 1; j < logits.columns(); j++) {
            long at = (long) row * logits.columns();
            if (logits.getFloat(at + j) > logits.getFloat(at + best)) {
                best = j;
            }
        }
        return best;
    }
}
