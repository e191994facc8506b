package io.longreel.config.plan;

/** How long a sequence may get. */
public final class LengthSearch {
    /** Whole numbers up to here are exact in the arithmetic of the models. */
    private static final long TOKENS_MAX = 1L << 50;

    private LengthSearch() {}

    /** Most tokens of a sequence whose step fits, with the same share of video; 0 when not even one token does. Memory grows with the length, so halving finds it. */
    public static long largest(StepCase step) {
        long fits = 0;
        long not = TOKENS_MAX;
        while (not - fits > 1) {
            long middle = fits + (not - fits) / 2;
            if (MemoryModel.of(step.withTokens(middle)).fits()) {
                fits = middle;
            } else {
                not = middle;
            }
        }
        return fits;
    }
}
