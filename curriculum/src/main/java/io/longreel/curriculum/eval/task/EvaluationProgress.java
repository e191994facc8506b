package io.longreel.curriculum.eval.task;

/**
 * How far an evaluation is.
 *
 * @param asked of those that are done, the ones that were asked now and not by an earlier run
 * @param troubled of those that are done, the ones with a line about them
 */
public record EvaluationProgress(int done, int total, int asked, int troubled) {}
