package io.longreel.model.verify;

/**
 * Largest errors of a case, each relative to {@code max(1, |expected|)}; a value that is not finite, where the expected one is, counts as infinitely wrong.
 */
record AttentionErrors(double out, double lse, double dq, double dk, double dv) {
    static final AttentionErrors NONE = new AttentionErrors(0, 0, 0, 0, 0);

    double gradients() {
        return Math.max(dq, Math.max(dk, dv));
    }

    AttentionErrors max(AttentionErrors other) {
        return new AttentionErrors(
                Math.max(out, other.out),
                Math.max(lse, other.lse),
                Math.max(dq, other.dq),
                Math.max(dk, other.dk),
                Math.max(dv, other.dv));
    }

    /** Compares one head after the other with the answers in double. */
    static AttentionErrors of(
            AttentionShape shape, AttentionRun.Outcome actual, AttentionInputs in, PairMatrix visible) {
        DenseAttention dense = new DenseAttention(shape, in, visible);
        AttentionErrors worst = NONE;
        int perKv = shape.heads() / shape.kvHeads();
        for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
            DenseAttention.Answers answers = dense.of(kvHead);
            double dk = worst(answers.dk(), actual.dk(), shape.kvHeads(), kvHead, shape.keyDim());
            double dv = worst(answers.dv(), actual.dv(), shape.kvHeads(), kvHead, shape.valueDim());
            worst = worst.max(new AttentionErrors(0, 0, 0, dk, dv));
            for (int i = 0; i < perKv; i++) {
                DenseAttention.QueryHead query = answers.queryHeads()[i];
                int head = kvHead * perKv + i;
                worst = worst.max(new AttentionErrors(
                        worst(query.out(), actual.out(), shape.heads(), head, shape.valueDim()),
                        worst(query.lse(), actual.lse(), shape.heads(), head, 1),
                        worst(query.dq(), actual.dq(), shape.heads(), head, shape.keyDim()),
                        0,
                        0));
            }
        }
        return worst;
    }

    /** By how much two results differ, relative to the first. */
    static AttentionErrors between(AttentionRun.Outcome first, AttentionRun.Outcome second) {
        return new AttentionErrors(
                worst(first.out(), second.out()),
                worst(first.lse(), second.lse()),
                worst(first.dq(), second.dq()),
                worst(first.dk(), second.dk()),
                worst(first.dv(), second.dv()));
    }

    private static double worst(float[] first, float[] second) {
        double worst = 0;
        for (int i = 0; i < first.length; i++) {
            worst = Math.max(worst, error(first[i], second[i]));
        }
        return worst;
    }

    /** One head {@code [T, dim]} against its columns of {@code [T, heads, dim]}. */
    private static double worst(double[] expected, float[] actual, int heads, int head, int dim) {
        double worst = 0;
        for (int t = 0; t < expected.length / dim; t++) {
            for (int i = 0; i < dim; i++) {
                worst = Math.max(worst, error(expected[t * dim + i], actual[(t * heads + head) * dim + i]));
            }
        }
        return worst;
    }

    private static double error(double expected, double actual) {
        if (expected == actual) {
            return 0;
        }
        double error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
        return Double.isFinite(error) ? error : Double.POSITIVE_INFINITY;
    }
}
