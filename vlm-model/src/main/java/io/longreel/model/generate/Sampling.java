package io.longreel.model.generate;

import io.longreel.config.RuntimeFailure;

/**
 * How the next token is chosen from its logits, in the order in which it happens: penalty, temperature, top-k, top-p, draw. As Hugging Face's {@code generate} does it.
 *
 * @param temperature logits are divided by it; 0 = the most likely token, whatever the rest says
 * @param topK only so many of the most likely tokens are drawn from; 0 = all
 * @param topP only the most likely tokens are drawn from, as many as it takes to have this share of the probability; 1 = all
 * @param repetitionPenalty positive logits of text tokens that were in prompt or answer are divided by it, negative ones multiplied; 1 = none
 * @param seed of the draws: the same question with the same seed gets the same answer
 */
public record Sampling(double temperature, int topK, double topP, double repetitionPenalty, long seed) {
    /** The most likely token, always. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 1, 0);

    /** Beyond it, nothing but noise comes. */
    private static final double TEMPERATURE_MAX = 100;

    public Sampling {
        if (!(temperature >= 0 && temperature <= TEMPERATURE_MAX)) {
            throw RuntimeFailure.data(
                    "temperature must lie between 0 and %.0f: temperature=%s".formatted(TEMPERATURE_MAX, temperature));
        }
        if (topK < 0) {
            throw RuntimeFailure.data("top-k must be at least 0: topK=%d".formatted(topK));
        }
        if (!(topP > 0 && topP <= 1)) {
            throw RuntimeFailure.data("top-p must be more than 0 and at most 1: topP=%s".formatted(topP));
        }
        if (!(repetitionPenalty > 0 && Double.isFinite(repetitionPenalty))) {
            throw RuntimeFailure.data(
                    "repetition penalty must be more than 0: repetitionPenalty=%s".formatted(repetitionPenalty));
        }
    }

    /** Whether nothing is drawn. */
    public boolean isGreedy() {
        return temperature == 0;
    }
}
