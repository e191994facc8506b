package io.longreel.runtime.cli;

import io.longreel.model.generate.Sampling;
import picocli.CommandLine.Option;

/** How the next token is chosen: use it as {@code @Mixin}. */
final class SamplingOptions {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 (default) = the most likely token, always; higher is more varied.")
    private double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Draw from the K most likely tokens; 0 (default) = all.")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description =
                    "Draw from the most likely tokens that have this share of the probability; 1 (default) = all.")
    private double topP = 1;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "F",
            description = "Tokens that were said already become less likely; 1 (default) = they do not.")
    private double repetitionPenalty = 1;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is drawn (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    Sampling sampling() {
        return new Sampling(temperature, topK, topP, repetitionPenalty, seed);
    }
}
