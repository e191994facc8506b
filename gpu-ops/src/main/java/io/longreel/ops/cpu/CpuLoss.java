package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Cross-entropy row by row: the maximum, then the exponentials and their sum (fp32 over short runs, double over the row), then the
 * gradient in place of the logits. Stateless; any thread.
 */
final class CpuLoss implements LossKernels {
    /** Vectors whose fp32 sum is formed before it joins the row's double sum. */
    private static final int VECTORS_PER_SUM = 16;

    @Override
    public double crossEntropy(Tensor logits, int[] labels, float gradientScale) {
        Shapes.labels(logits, labels);
        MemorySegment values = logits.segment();
        int vocabulary = logits.columns();
        double loss = 0;
        for (int i = 0; i < labels.length; i++) {
            long row = (long) i * vocabulary * Float.BYTES;
            if (labels[i] == IGNORE) {
                if (gradientScale != 0f) {
                    values.asSlice(row, (long) vocabulary * Float.BYTES).fill((byte) 0);
                }
                continue;
            }
            float max = max(values, row, vocabulary);
            double sum = sumOfExps(values, row, vocabulary, max);
            long labelAt = row + (long) labels[i] * Float.BYTES;
            loss += max + Math.log(sum) - values.get(ValueLayout.JAVA_FLOAT, labelAt);
            if (gradientScale != 0f) {
                writeSoftmax(values, row, vocabulary, max, (float) (gradientScale / sum));
                float softmax = values.get(ValueLayout.JAVA_FLOAT, labelAt);
                values.set(ValueLayout.JAVA_FLOAT, labelAt, softmax - gradientScale);
            }
        }
        return loss;
    }

    private static float max(MemorySegment values, long row, int columns) {
        FloatVector max = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector x = load(values, row + (long) j * Float.BYTES);
            max = max.blend(x, x.compare(VectorOperators.GT, max));
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            FloatVector x = load(values, row + (long) whole * Float.BYTES, tail);
            max = max.blend(x, x.compare(VectorOperators.GT, max).and(tail));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    private static double sumOfExps(MemorySegment values, long row, int columns, float max) {
        double total = 0;
        int whole = SPECIES.loopBound(columns);
        for (int from = 0; from < whole; from += VECTORS_PER_SUM * LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            int to = Math.min(whole, from + VECTORS_PER_SUM * LANES);
            for (int j = from; j < to; j += LANES) {
                sum = sum.add(exp(load(values, row + (long) j * Float.BYTES), max));
            }
            total += VectorMath.sum(sum);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            FloatVector last = exp(load(values, row + (long) whole * Float.BYTES, tail), max);
            total += VectorMath.sum(FloatVector.zero(SPECIES).blend(last, tail));
        }
        return total;
    }

    private static void writeSoftmax(MemorySegment values, long row, int columns, float max, float factor) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = row + (long) j * Float.BYTES;
            store(exp(load(values, at), max).mul(factor), values, at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = row + (long) whole * Float.BYTES;
            store(exp(load(values, at, tail), max).mul(factor), values, at, tail);
        }
    }

    private static FloatVector exp(FloatVector x, float max) {
        return VectorMath.expOfNegative(x.sub(max));
    }

    @Override
    public int argmax(Tensor logits, int row) {
        Shapes.logitRow(logits, row);
        MemorySegment values = logits.segment();
        long first = (long) row * logits.columns();
        int best = 0;
        float max = values.getAtIndex(ValueLayout.JAVA_FLOAT, first);
        for (int j = 1; j < logits.columns(); j++) {
            float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, first + j);
            if (value > max) {
                max = value;
                best = j;
            }
        }
        return best;
    }
}
