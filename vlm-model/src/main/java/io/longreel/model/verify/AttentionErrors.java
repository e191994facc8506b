package io.longreel.model.verify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

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

    /** Compares results of the same inputs on several meshes, one head after the other, with the answers in double. */
    static List<AttentionErrors> of(
            AttentionShape shape, List<AttentionRun.Outcome> outcomes, AttentionInputs in, PairMatrix visible) {
        DenseAttention dense = new DenseAttention(shape, in, visible);
        List<AttentionErrors> worst = new ArrayList<>(Collections.nCopies(outcomes.size(), NONE));
        for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
            DenseAttention.Answers answers = dense.of(kvHead);
            for (int i = 0; i < outcomes.size(); i++) {
                worst.set(i, worst.get(i).max(ofHeads(shape, outcomes.get(i), answers, kvHead)));
            }
        }
        return worst;
    }

    /** One key/value head and the query heads that read it. */
    private static AttentionErrors ofHeads(
            AttentionShape shape, AttentionRun.Outcome actual, DenseAttention.Answers answers, int kvHead) {
        AttentionErrors worst = new AttentionErrors(
                0,
                0,
                0,
                worst(answers.dk(), actual.dk(), shape.kvHeads(), kvHead, shape.keyDim()),
                worst(answers.dv(), actual.dv(), shape.kvHeads(), kvHead, shape.valueDim()));
        for (int i = 0; i < answers.queryHeads().length; i++) {
            DenseAttention.QueryHead query = answers.queryHeads()[i];
            int head = kvHead * answers.queryHeads().length + i;
            worst = worst.max(new AttentionErrors(
                    worst(query.out(), actual.out(), shape.heads(), head, shape.valueDim()),
                    worst(query.lse(), actual.lse(), shape.heads(), head, 1),
                    worst(query.dq(), actual.dq(), shape.heads(), head, shape.keyDim()),
                    0,
                    0));
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
