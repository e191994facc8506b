package io.longreel.model.generate;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Chooses the next token of one sequence. The draw for a token depends on the seed and the token's place in the answer alone, so an answer that is gone on with elsewhere goes
 * on the same way. Used by one thread.
 */
public final class TokenSampler {
    private final Sampling sampling;
    private final BitSet seen = new BitSet();

    /** Probabilities that are drawn from, the most likely first; ids beside them. */
    private record Candidates(int[] ids, double[] weights) {}

    public TokenSampler(Sampling sampling) {
        this.sampling = sampling;
    }

    /** Whether {@link #choose} needs nothing but the place of the largest logit. */
    public boolean isArgmax() {
        return sampling.isGreedy() && sampling.repetitionPenalty() == 1;
    }

    /** Text of prompt or answer, which the penalty is for. */
    public void saw(int id) {
        seen.set(id);
    }

    /**
     * @param logits of all ids; overwritten
     * @param index of the token in the answer, from 0
     */
    public int choose(float[] logits, int index) {
        penalise(logits);
        if (sampling.isGreedy()) {
            return argmax(logits);
        }
        Candidates candidates = candidates(logits);
        double total = Arrays.stream(candidates.weights()).sum();
        double left = new SplittableRandom(mix(sampling.seed(), index)).nextDouble() * total;
        for (int i = 0; i < candidates.ids().length; i++) {
            left -= candidates.weights()[i];
            if (left < 0) {
                return candidates.ids()[i];
            }
        }
        return candidates.ids()[0];
    }

    private void penalise(float[] logits) {
        float penalty = (float) sampling.repetitionPenalty();
        if (penalty != 1) {
            for (int id = seen.nextSetBit(0); id >= 0 && id < logits.length; id = seen.nextSetBit(id + 1)) {
                logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
            }
        }
    }

    /** The lowest id wins ties. */
    private static int argmax(float[] logits) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            if (logits[id] > logits[best]) {
                best = id;
            }
        }
        return best;
    }

    /** Ids by falling weight {@code e^((logit - largest) / temperature)}, lower ids first among equals; without those that cannot be drawn. */
    private Candidates candidates(float[] logits) {
        float largest = logits[argmax(logits)];
        double[] weights = new double[logits.length];
        double total = 0;
        for (int id = 0; id < logits.length; id++) {
            weights[id] = Math.exp((logits[id] - (double) largest) / sampling.temperature());
            total += weights[id];
        }
        // All that weigh less than this together weigh less than what top-p leaves out, which is a share of what top-k
        // leaves, if there is one.
        double least = sampling.topK() == 0 ? (1 - sampling.topP()) * total / logits.length : 0;
        long[] order = new long[logits.length];
        int count = 0;
        for (int id = 0; id < logits.length; id++) {
            if (weights[id] > least || (least == 0 && weights[id] > 0)) {
                order[count++] = (long) descending(logits[id]) << Integer.SIZE | id;
            }
        }
        Arrays.sort(order, 0, count);
        int[] ids = new int[count];
        double[] sorted = new double[count];
        for (int i = 0; i < count; i++) {
            ids[i] = (int) order[i];
            sorted[i] = weights[ids[i]];
        }
        return topP(new Candidates(ids, sorted), total);
    }

    /** Larger logits are smaller numbers, equal ones equal, be they signed zeros. */
    private static int descending(float logit) {
        int bits = Float.floatToIntBits(logit + 0f);
        return ~(bits >= 0 ? bits : bits ^ Integer.MAX_VALUE);
    }

    /** The most likely ids whose weights come to the share; all where there is no limit. Top-k comes first, and takes its share of what it leaves. */
    private Candidates topP(Candidates all, double total) {
        Candidates some = topK(all);
        double mass =
                sampling.topK() == 0 ? total : Arrays.stream(some.weights()).sum();
        double wanted = sampling.topP() * mass;
        double reached = 0;
        int count = 0;
        while (count < some.ids().length && reached < wanted) {
            reached += some.weights()[count++];
        }
        return first(some, Math.max(1, count));
    }

    private Candidates topK(Candidates all) {
        return sampling.topK() == 0 ? all : first(all, Math.min(sampling.topK(), all.ids().length));
    }

    private static Candidates first(Candidates all, int count) {
        return count == all.ids().length
                ? all
                : new Candidates(Arrays.copyOf(all.ids(), count), Arrays.copyOf(all.weights(), count));
    }

    private static long mix(long seed, int index) {
        return seed * 0x9E3779B97F4A7C15L + index;
    }
}
