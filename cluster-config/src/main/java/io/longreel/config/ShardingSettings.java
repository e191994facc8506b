package io.longreel.config;

/**
 * What of a step lies on which rank.
 *
 * @param layout which tokens of a packed sequence a rank owns
 * @param stages whether projected rows of frames move to the owners of their tokens
 * @param state what each rank holds a slice of instead of the whole
 */
public record ShardingSettings(Layout layout, Stages stages, State state) {

    /** How a packed sequence is cut over the ranks that share it. */
    public enum Layout {
        /** One piece each, in rank order. Under a causal mask the last ring rank has the most work. */
        CONTIGUOUS,
        /** An early and a late piece each, so that the work of a causal mask is even (LongVILA, section 3.3). */
        ZIGZAG,
        /** Each token to the next ring rank in turn (striped attention); even for windows as well. */
        STRIPED
    }

    /** LongVILA, section 3.3: frames are spread evenly in the first stage, tokens in the second. */
    public enum Stages {
        /** Both stages: frames are encoded evenly, then rows move to the owners of their tokens. */
        TWO,
        /** Tokens stay with the rank that encoded their frames: the baseline of the paper's section 5.1.3. Nothing moves, and the work is uneven. */
        ONE
    }

    /** What is cut over all ranks (ZeRO, arXiv 1910.02054, section 5). Each level contains those before it. */
    public enum State {
        /** Master weights and moments: ZeRO-1. */
        OPTIMIZER,
        /** Gradients too: ZeRO-2. */
        GRADIENTS,
        /** Weights too, gathered layer by layer: ZeRO-3. */
        PARAMETERS;

        /** The number that it has in ZeRO, 1 to 3. */
        public int zeroStage() {
            return switch (this) {
                case OPTIMIZER -> 1;
                case GRADIENTS -> 2;
                case PARAMETERS -> 3;
            };
        }
    }
}
