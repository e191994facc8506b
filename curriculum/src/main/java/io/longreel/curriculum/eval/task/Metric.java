package io.longreel.curriculum.eval.task;

import java.util.Optional;

/**
 * A number that an evaluation has come to.
 *
 * @param name as the paper's numbers are named, too
 * @param value empty when nothing was there to count
 * @param count of what it is about: records, or questions where several records are one
 */
public record Metric(String name, Optional<Double> value, int count) {}
