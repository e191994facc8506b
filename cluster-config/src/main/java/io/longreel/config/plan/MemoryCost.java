package io.longreel.config.plan;

/**
 * Bytes of a rank at the fullest moment of a step, when the forward pass is over.
 *
 * @param weights as they are kept, whole or a share
 * @param gathered weights and gradients of the two largest blocks in use, where they are kept in shares
 * @param activations of decoder and, where it trains, vision tower
 * @param logits of the loss
 * @param lost between allocations
 * @param usable what the device has for all this
 */
public record MemoryCost(
        double weights,
        double gradients,
        double optimizer,
        double gathered,
        double activations,
        double logits,
        double lost,
        double usable) {

    public double total() {
        return weights + gradients + optimizer + gathered + activations + logits + lost;
    }

    public boolean fits() {
        return total() <= usable;
    }
}
