package io.longreel.curriculum.needle;

/**
 * How large a test of needles is.
 *
 * @param tokensMax of its longest haystack
 * @param contextTokensMax that the model was made for
 */
public record ExamPlan(int footageFrames, int cells, int testsPerCell, long tokensMax, int contextTokensMax) {}
