package io.longreel.model.verify;

/**
 * Attention and its gradients by the definition, in double, from a bit per pair: the answers that every mesh has to give. One key/value head at a time,
 * with the query heads that read it, so that long sequences fit. Legend: T tokens, N query heads, K key/value heads, D head dim, V value dim;
 * arrays are row-major [T, heads, dim].
 */
final class DenseAttention {
    private final AttentionShape shape;
    private final AttentionInputs in;
    private final PairMatrix visible;

    /** Answers for one query head: {@code out [T, V], lse [T], dq [T, D]}. */
    record QueryHead(double[] out, double[] lse, double[] dq) {}

    /** Answers for one key/value head and the query heads that read it, in order: {@code dk [T, D], dv [T, V]}. */
    record Answers(QueryHead[] queryHeads, double[] dk, double[] dv) {}

    DenseAttention(AttentionShape shape, AttentionInputs in, PairMatrix visible) {
        this.shape = shape;
        this.in = in;
        this.visible = visible;
    }

    Answers of(int kvHead) {
        int tokens = shape.tokens();
        int perKv = shape.heads() / shape.kvHeads();
        double[] k = column(in.k(), shape.kvHeads(), kvHead, shape.keyDim());
        double[] v = column(in.v(), shape.kvHeads(), kvHead, shape.valueDim());
        Answers answers = new Answers(
                new QueryHead[perKv], new double[tokens * shape.keyDim()], new double[tokens * shape.valueDim()]);
        for (int i = 0; i < perKv; i++) {
            answers.queryHeads()[i] = queryHead(kvHead * perKv + i, k, v, answers.dk(), answers.dv());
        }
        return answers;
    }

    private QueryHead queryHead(int head, double[] k, double[] v, double[] dk, double[] dv) {
        int tokens = shape.tokens();
        double[] q = column(in.q(), shape.heads(), head, shape.keyDim());
        double[] dOut = column(in.dOut(), shape.heads(), head, shape.valueDim());
        QueryHead answer =
                new QueryHead(new double[tokens * shape.valueDim()], new double[tokens], new double[q.length]);
        int[] keys = new int[tokens];
        double[] p = new double[tokens];
        double[] dp = new double[tokens];
        for (int t = 0; t < tokens; t++) {
            int count = visible.keys(t, keys);
            answer.lse()[t] = probabilities(q, t, k, keys, count, p);
            double delta = 0;
            for (int j = 0; j < count; j++) {
                int at = keys[j] * shape.valueDim();
                dp[j] = dot(dOut, t * shape.valueDim(), v, at, shape.valueDim());
                delta += p[j] * dp[j];
                addScaled(p[j], v, at, answer.out(), t * shape.valueDim(), shape.valueDim());
                addScaled(p[j], dOut, t * shape.valueDim(), dv, at, shape.valueDim());
            }
            for (int j = 0; j < count; j++) {
                double dScore = shape.scale() * p[j] * (dp[j] - delta);
                int at = keys[j] * shape.keyDim();
                addScaled(dScore, k, at, answer.dq(), t * shape.keyDim(), shape.keyDim());
                addScaled(dScore, q, t * shape.keyDim(), dk, at, shape.keyDim());
            }
        }
        return answer;
    }

    /** Softmax over the keys into {@code p}; returns the log-sum-exp. */
    private double probabilities(double[] q, int t, double[] k, int[] keys, int count, double[] p) {
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < count; j++) {
            p[j] = shape.scale() * dot(q, t * shape.keyDim(), k, keys[j] * shape.keyDim(), shape.keyDim());
            max = Math.max(max, p[j]);
        }
        double sum = 0;
        for (int j = 0; j < count; j++) {
            p[j] = Math.exp(p[j] - max);
            sum += p[j];
        }
        for (int j = 0; j < count; j++) {
            p[j] /= sum;
        }
        return max + Math.log(sum);
    }

    /** One head of [T, heads, dim] as [T, dim]. */
    private double[] column(float[] values, int heads, int head, int dim) {
        double[] column = new double[shape.tokens() * dim];
        for (int t = 0; t < shape.tokens(); t++) {
            for (int i = 0; i < dim; i++) {
                column[t * dim + i] = values[(t * heads + head) * dim + i];
            }
        }
        return column;
    }

    /** Four sums side by side: the processor need not wait for each addition. */
    private static double dot(double[] a, int aAt, double[] b, int bAt, int count) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < count; i += 4) {
            s0 += a[aAt + i] * b[bAt + i];
            s1 += a[aAt + i + 1] * b[bAt + i + 1];
            s2 += a[aAt + i + 2] * b[bAt + i + 2];
            s3 += a[aAt + i + 3] * b[bAt + i + 3];
        }
        for (; i < count; i++) {
            s0 += a[aAt + i] * b[bAt + i];
        }
        return s0 + s1 + (s2 + s3);
    }

    private static void addScaled(double factor, double[] a, int aAt, double[] sum, int sumAt, int count) {
        for (int i = 0; i < count; i++) {
            sum[sumAt + i] += factor * a[aAt + i];
        }
    }
}
