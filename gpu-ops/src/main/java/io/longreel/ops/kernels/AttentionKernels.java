package io.longreel.ops.kernels;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;

/**
 * Attention of a block of queries over a block of keys, mergeable: the output and its log-sum-exp are running values, so that a ring can feed
 * block after block (Liu et al., Ring Attention; specification 3.5, 3.6). Before the first block {@code out = 0}, {@code lse = -infinity}, or
 * lse is the logit of a sink, a key that every row sees and whose value is 0; its gradient is {@code -sum over T of e^(sink - lse) * delta}. A
 * row that sees no key keeps the values it had. Legend: T query rows, S key rows, N query heads, K key/value heads, H head dim of queries and
 * keys, V that of values (often H; smaller in multi-head latent attention).
 */
public interface AttentionKernels {

    /**
     * Merges one block: {@code lse' = log(e^lse + e^lse_block)}, {@code out' = e^(lse-lse') out + e^(lse_block-lse') out_block}.
     *
     * @param kvHead_N which key/value head each query head reads; length N
     * @param scale factor on the scores, usually H^-0.5
     * @param out_TNV running output, updated
     * @param lse_TN running natural log-sum-exp, updated
     * @param scratch left as it was found
     */
    void forward(
            Tensor q_TNH,
            Tensor k_SKH,
            Tensor v_SKV,
            KeyRanges ranges,
            int[] kvHead_N,
            float scale,
            Tensor out_TNV,
            Tensor lse_TN,
            TensorArena scratch);

    /**
     * Merges what attention to other keys came to, in place: {@code lse' = log(e^lse + e^lse_part)}, {@code out' = e^(lse-lse') out + e^(lse_part-lse') part}. A row of the part that
     * saw no key (lse = -infinity) changes nothing.
     *
     * @param part_TNV normalised output over the other keys
     * @param lse_part_TN its natural log-sum-exp
     */
    void merge(Tensor part_TNV, Tensor lse_part_TN, Tensor out_TNV, Tensor lse_TN);

    /** {@code delta = sum over V of dOut * out}, per token and head. */
    void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN);

    /**
     * Gradient of one block under the final {@code lse}: probabilities are recomputed; {@code dq}, {@code dk}, {@code dv} accumulate.
     */
    void backward(
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
            TensorArena scratch);

    /**
     * Query-key pairs per head that {@link #forward} and {@link #backward} compute for this mask, those included that they compute and throw away: at most
     * 1.04 times {@link KeyRanges#pairs}.
     */
    long executedPairs(KeyRanges ranges);

    /** Scratch that {@link #forward} and {@link #backward} take at most, for any block of at most these sizes. */
    long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim);
}
