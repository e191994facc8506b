package io.longreel.config;

/**
 * In what numbers a step computes and talks.
 *
 * @param weights what the forward and backward pass read; the optimizer's master weights are always fp32
 * @param exchange what attention puts on the wire
 * @param products what linear layers round their factors to
 * @param sums how sums over tokens and ranks are added up
 */
public record PrecisionSettings(Weights weights, Exchange exchange, Products products, Sums sums) {

    /** With products of fp32 factors. */
    public PrecisionSettings(Weights weights, Exchange exchange, Sums sums) {
        this(weights, exchange, Products.FP32, sums);
    }

    /** Type of the weights of the forward and backward pass. */
    public enum Weights {
        FP32,
        BF16
    }

    /** Type of queries, keys, values and outputs on the wire; gradients of keys and values travel the ring in fp32 either way. */
    public enum Exchange {
        FP32,
        BF16
    }

    /** Type of what linear layers multiply: inputs, weights and gradients of outputs; the sums of the products are fp32 either way. */
    public enum Products {
        FP32,
        BF16
    }

    /** Order or exactness of sums. */
    public enum Sums {
        /** In a fixed order: the same mesh gives the same bits. */
        FAST,
        /** Without rounding until the end: every mesh gives the same bits. Slow. */
        EXACT
    }
}
