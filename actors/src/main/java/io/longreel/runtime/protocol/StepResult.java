package io.longreel.runtime.protocol;

/**
 * What a step did. All ranks compute the same result from the same sums, so the record's equality (which compares
 * doubles by their bits) is the vote: a rank whose result differs has other weights or another order of sums, and the
 * run must not go on.
 *
 * @param loss mean over the labelled tokens of the global batch
 * @param gradientNorm global norm before clipping
 * @param learningRate that the step used for every part without one of its own
 * @param applied false when some value was not finite and no weight changed
 */
public record StepResult(
        double loss, long labelledTokens, long tokens, double gradientNorm, double learningRate, boolean applied) {
    public StepResult {
        Facts.atLeast(0, labelledTokens, "labelledTokens");
        Facts.atLeast(0, tokens, "tokens");
    }
}
