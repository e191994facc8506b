package io.longreel.ops.plain;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;

/**
 * Attention by the definition: every score of a query row is computed in double, then softmax, then the merge with what earlier blocks
 * left (specification 3.5, 3.6). Allocates on the heap and takes no scratch. Stateless; any thread.
 */
final class PlainAttention implements AttentionKernels {

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
        int heads = q_TNH.dim(1);
        int kvHeads = k_SKH.dim(1);
        int headDim = q_TNH.dim(2);
        int valueDim = v_SKV.dim(2);
        for (int t = 0; t < q_TNH.rows(); t++) {
            int from = ranges.from()[t];
            int to = ranges.to()[t];
            for (int n = 0; n < heads && from < to; n++) {
                long query = ((long) t * heads + n) * headDim;
                double[] scores = new double[to - from];
                double max = Double.NEGATIVE_INFINITY;
                for (int s = from; s < to; s++) {
                    scores[s - from] = scale * dot(q_TNH, query, k_SKH, key(s, kvHeads, kvHead_N[n], headDim), headDim);
                    max = Math.max(max, scores[s - from]);
                }
                double sum = 0;
                double[] block = new double[valueDim];
                for (int s = from; s < to; s++) {
                    double p = StrictMath.exp(scores[s - from] - max);
                    sum += p;
                    for (int h = 0; h < valueDim; h++) {
                        block[h] += p * v_SKV.getFloat(key(s, kvHeads, kvHead_N[n], valueDim) + h);
                    }
                }
                long statistics = (long) t * heads + n;
                double lseBlock = max + StrictMath.log(sum);
                merge(block, sum, lseBlock, out_TNV, statistics * valueDim, lse_TN, statistics);
            }
        }
    }

    /** {@code out = e^(lse-lse') out + e^(lseBlock-lse') block / sum}. */
    private static void merge(
            double[] block, double sum, double lseBlock, Tensor out_TNV, long outAt, Tensor lse_TN, long lseAt) {
        double lse = lse_TN.getFloat(lseAt);
        double max = Math.max(lse, lseBlock);
        double merged = max + StrictMath.log(StrictMath.exp(lse - max) + StrictMath.exp(lseBlock - max));
        for (int h = 0; h < block.length; h++) {
            double before = StrictMath.exp(lse - merged) * out_TNV.getFloat(outAt + h);
            out_TNV.setFloat(outAt + h, (float) (before + StrictMath.exp(lseBlock - merged) * block[h] / sum));
        }
        lse_TN.setFloat(lseAt, (float) merged);
    }

    @Override
    public void merge(Tensor part_TNV, Tensor lse_part_TN, Tensor out_TNV, Tensor lse_TN) {
        Shapes.merge(part_TNV, lse_part_TN, out_TNV, lse_TN);
        int valueDim = out_TNV.dim(2);
        for (long row = 0; row < lse_TN.elements(); row++) {
            double own = lse_TN.getFloat(row);
            double other = lse_part_TN.getFloat(row);
            if (other == Double.NEGATIVE_INFINITY) {
                continue;
            }
            double max = Math.max(own, other);
            double lse = max + Math.log(Math.exp(own - max) + Math.exp(other - max));
            for (long i = row * valueDim; i < (row + 1) * valueDim; i++) {
                double merged =
                        Math.exp(own - lse) * out_TNV.getFloat(i) + Math.exp(other - lse) * part_TNV.getFloat(i);
                out_TNV.setFloat(i, (float) merged);
            }
            lse_TN.setFloat(row, (float) lse);
        }
    }

    @Override
    public void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN) {
        Shapes.delta(out_TNV, dOut_TNV, delta_TN);
        int valueDim = out_TNV.dim(2);
        for (long row = 0; row < delta_TN.elements(); row++) {
            delta_TN.setFloat(row, (float) dot(out_TNV, row * valueDim, dOut_TNV, row * valueDim, valueDim));
        }
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
        int heads = q_TNH.dim(1);
        int kvHeads = k_SKH.dim(1);
        int headDim = q_TNH.dim(2);
        int valueDim = v_SKV.dim(2);
        GradientSums dkSum = GradientSums.into("dk", dk_SKH, Math.toIntExact(k_SKH.elements()));
        GradientSums dvSum = GradientSums.into("dv", dv_SKV, Math.toIntExact(v_SKV.elements()));
        for (int t = 0; t < q_TNH.rows(); t++) {
            for (int n = 0; n < heads; n++) {
                double lse = lse_TN.getFloat((long) t * heads + n);
                if (lse == Double.NEGATIVE_INFINITY) {
                    continue; // the row saw no key in any block: its output is a constant
                }
                double delta = delta_TN.getFloat((long) t * heads + n);
                int query = (t * heads + n) * headDim;
                int gradient = (t * heads + n) * valueDim;
                double[] dqSum = new double[headDim];
                for (int s = ranges.from()[t]; s < ranges.to()[t]; s++) {
                    int key = Math.toIntExact(key(s, kvHeads, kvHead_N[n], headDim));
                    int value = Math.toIntExact(key(s, kvHeads, kvHead_N[n], valueDim));
                    double p = StrictMath.exp(scale * dot(q_TNH, query, k_SKH, key, headDim) - lse);
                    double ds = scale * p * (dot(dOut_TNV, gradient, v_SKV, value, valueDim) - delta);
                    for (int h = 0; h < valueDim; h++) {
                        dvSum.add(value + h, p * dOut_TNV.getFloat(gradient + h));
                    }
                    for (int h = 0; h < headDim; h++) {
                        dkSum.add(key + h, ds * q_TNH.getFloat(query + h));
                        dqSum[h] += ds * k_SKH.getFloat(key + h);
                    }
                }
                addSums(dqSum, dq_TNH, query);
            }
        }
        dkSum.finish();
        dvSum.finish();
    }

    @Override
    public long executedPairs(KeyRanges ranges) {
        return ranges.pairs();
    }

    @Override
    public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
        return 0;
    }

    private static long key(int row, int kvHeads, int kvHead, int headDim) {
        return ((long) row * kvHeads + kvHead) * headDim;
    }

    private static double dot(Tensor a, long aAt, Tensor b, long bAt, int length) {
        double sum = 0;
        for (int h = 0; h < length; h++) {
            sum += (double) a.getFloat(aAt + h) * b.getFloat(bAt + h);
        }
        return sum;
    }

    private static void addSums(double[] sums, Tensor gradient, long at) {
        for (int i = 0; i < sums.length; i++) {
            gradient.setFloat(at + i, (float) (gradient.getFloat(at + i) + sums[i]));
        }
    }
}
