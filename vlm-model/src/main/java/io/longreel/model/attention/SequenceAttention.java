package io.longreel.model.attention;

import io.longreel.ops.tensor.Tensor;

/**
 * Attention of the tokens that a rank owns to all tokens of its sequence, wherever they are. Every member of the sequence group calls the same
 * methods in the same order. Legend: nq own query rows, n own rows, N and K heads, H key dim, V value dim.
 */
public interface SequenceAttention {

    /** What the backward pass needs of one layer; how it is laid out is the implementation's affair. */
    record Tape(Tensor q, Tensor keyValues, Tensor out, Tensor lse) {}

    /** Whether the tape refers to the caller's {@code q}, which then has to live as long as the tape. */
    boolean keepsQueries();

    /**
     * {@code q (nq, N H), k (n, K H), v (n, K V) -> out (nq, N V)}. With a BF16 exchange {@code q}, {@code k} and {@code v} are rounded in place.
     *
     * @return views in the step arena and of {@code out}, for {@link #backward}
     */
    Tape forward(Tensor q, Tensor k, Tensor v, Tensor out);

    /**
     * Gradients of {@link #forward}, all overwritten: {@code dOut (nq, N V) -> dq (nq, N H), dk (n, K H), dv (n, K V)}. With a BF16 exchange
     * {@code dOut} is rounded in place.
     */
    void backward(Tape tape, Tensor dOut, Tensor dq, Tensor dk, Tensor dv);
}
