package io.longreel.runtime.protocol;

/**
 * A record of a dataset that a step left out, because it cannot be used.
 *
 * @param sample its place among the samples of the step, from 0
 * @param record its index in the dataset, from 0
 * @param reason cut off where it is long: messages stay small
 */
public record SkippedSample(int sample, String dataset, int record, String reason) {
    private static final int REASON_LENGTH_MAX = 300;

    public SkippedSample {
        Facts.atLeast(0, sample, "sample");
        Facts.notBlank(dataset, "dataset");
        Facts.atLeast(0, record, "record");
        Facts.notBlank(reason, "reason");
        reason = reason.length() > REASON_LENGTH_MAX ? reason.substring(0, REASON_LENGTH_MAX) + "…" : reason;
    }
}
