package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The answers that everything else is held against: by hand, and gradients by differences. */
class DenseAttentionTest {
    private static final AttentionShape SHAPE = new AttentionShape(5, 4, 2, 3, 2);

    @Test
    void shouldWeighTwoKeysByHand() {
        AttentionShape shape = new AttentionShape(2, 1, 1, 1, 1);
        AttentionInputs in = new AttentionInputs(
                new float[] {0, 1}, new float[] {0.5f, -0.5f}, new float[] {2, 4}, new float[] {1, 1});
        DenseAttention.QueryHead head =
                new DenseAttention(shape, in, causal(2)).of(0).queryHeads()[0];
        double weight = Math.exp(0.5) / (Math.exp(0.5) + Math.exp(-0.5));
        assertEquals(2, head.out()[0], 1e-12);
        assertEquals(2 * weight + 4 * (1 - weight), head.out()[1], 1e-12);
        assertEquals(0, head.lse()[0], 1e-12);
        assertEquals(Math.log(Math.exp(0.5) + Math.exp(-0.5)), head.lse()[1], 1e-12);
    }

    @Test
    void shouldLeaveARowThatSeesNothingAlone() {
        AttentionInputs in = inputs();
        PairMatrix visible = causal(SHAPE.tokens());
        PairMatrix blind = new PairMatrix(SHAPE.tokens());
        for (int q = 1; q < SHAPE.tokens(); q++) {
            for (int k = 1; k <= q; k++) {
                assertTrue(visible.get(q, k));
                blind.set(q, k);
            }
        }
        DenseAttention.Answers answers = new DenseAttention(SHAPE, in, blind).of(0);
        assertEquals(Double.NEGATIVE_INFINITY, answers.queryHeads()[0].lse()[0]);
        assertEquals(0, answers.queryHeads()[0].out()[0]);
        assertEquals(0, answers.queryHeads()[0].dq()[0]);
        assertEquals(0, answers.dk()[0]);
        assertEquals(0, answers.dv()[0]);
    }

    @Test
    void shouldHaveTheGradientsThatDifferencesGive() {
        AttentionInputs in = inputs();
        for (int kvHead = 0; kvHead < SHAPE.kvHeads(); kvHead++) {
            DenseAttention.Answers answers = answers(in, kvHead);
            for (int t = 0; t < SHAPE.tokens(); t++) {
                for (int i = 0; i < SHAPE.keyDim(); i++) {
                    int kAt = (t * SHAPE.kvHeads() + kvHead) * SHAPE.keyDim() + i;
                    assertEquals(slope(in.k(), kAt, in), answers.dk()[t * SHAPE.keyDim() + i], 2e-3);
                    for (int j = 0; j < 2; j++) {
                        int qAt = (t * SHAPE.heads() + kvHead * 2 + j) * SHAPE.keyDim() + i;
                        double dq = answers.queryHeads()[j].dq()[t * SHAPE.keyDim() + i];
                        assertEquals(slope(in.q(), qAt, in), dq, 2e-3);
                    }
                }
                for (int i = 0; i < SHAPE.valueDim(); i++) {
                    int vAt = (t * SHAPE.kvHeads() + kvHead) * SHAPE.valueDim() + i;
                    assertEquals(slope(in.v(), vAt, in), answers.dv()[t * SHAPE.valueDim() + i], 2e-3);
                }
            }
        }
    }

    private static AttentionInputs inputs() {
        return AttentionInputs.draw(SHAPE, false, new SplittableRandom(7));
    }

    private static DenseAttention.Answers answers(AttentionInputs in, int kvHead) {
        return new DenseAttention(SHAPE, in, causal(SHAPE.tokens())).of(kvHead);
    }

    /** How fast the sum of outputs times their gradients changes with one input. */
    private static double slope(float[] input, int at, AttentionInputs in) {
        float before = input[at];
        float step = 1e-2f;
        ToDoubleFunction<Float> loss = value -> {
            input[at] = value;
            double sum = 0;
            for (int kvHead = 0; kvHead < SHAPE.kvHeads(); kvHead++) {
                DenseAttention.Answers answers = answers(in, kvHead);
                for (int j = 0; j < 2; j++) {
                    for (int t = 0; t < SHAPE.tokens(); t++) {
                        for (int i = 0; i < SHAPE.valueDim(); i++) {
                            int outAt = (t * SHAPE.heads() + kvHead * 2 + j) * SHAPE.valueDim() + i;
                            sum += answers.queryHeads()[j].out()[t * SHAPE.valueDim() + i] * in.dOut()[outAt];
                        }
                    }
                }
            }
            return sum;
        };
        double slope = (loss.applyAsDouble(before + step) - loss.applyAsDouble(before - step)) / (2 * step);
        input[at] = before;
        return slope;
    }

    private static PairMatrix causal(int tokens) {
        PairMatrix visible = new PairMatrix(tokens);
        for (int q = 0; q < tokens; q++) {
            for (int k = 0; k <= q; k++) {
                visible.set(q, k);
            }
        }
        return visible;
    }
}
