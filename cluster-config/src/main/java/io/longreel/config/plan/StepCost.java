package io.longreel.config.plan;

/**
 * Seconds of a step, part by part, on the rank with most to do.
 *
 * @param vision encoding of own frames, their projection, and the way of their rows to the owners of the tokens
 * @param linear products of the decoder and its head, and the loops over elements between them
 * @param exchange all-to-all of heads
 * @param ringExposed what the rank waits for keys and values
 * @param ringHidden what it does not, as it computes meanwhile; in no sum
 * @param ringSteps what a ring costs beyond bytes: merging of partial results, more kernels
 * @param tensor reductions of tensor parallelism
 * @param gathersExposed waits for weights and for the reduction of gradients
 * @param gathersHidden the same behind computing; in no sum
 * @param meetings waits at exchanges for ranks whose turn it is not, beyond messages
 * @param fixed what depends on neither length nor mesh
 */
public record StepCost(
        double vision,
        double linear,
        double attention,
        double exchange,
        double ringExposed,
        double ringHidden,
        double ringSteps,
        double tensor,
        double gathersExposed,
        double gathersHidden,
        double optimizer,
        double meetings,
        double fixed) {

    /** Seconds of the whole step. */
    public double seconds() {
        return vision
                + linear
                + attention
                + exchange
                + ringExposed
                + ringSteps
                + tensor
                + gathersExposed
                + optimizer
                + meetings
                + fixed;
    }
}
