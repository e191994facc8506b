/**
 * Evaluations that a file describes (specification 7.2-7.4): its records become questions about videos, a {@code ChatService} answers them, answers
 * are read and scored, or judged by another model, and the scores stand beside the paper's. {@code Evaluation} runs one. Invariant: every record of
 * the task is in the denominator: one that could not be asked or was not answered is wrong, and named; what has been answered is on disk before
 * it counts, so that an evaluation that was interrupted asks nothing twice. Questions are answered side by side; the result does not depend on the
 * order. Time and waiting are handed in.
 */
@NullMarked
package io.longreel.curriculum.eval.task;

import org.jspecify.annotations.NullMarked;
