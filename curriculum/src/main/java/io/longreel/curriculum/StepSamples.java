package io.longreel.curriculum;

import io.longreel.curriculum.records.SkippedRecord;
import io.longreel.model.PackedBatch;
import java.util.List;

/**
 * What one data-parallel replica learns from in a step.
 *
 * @param batches its micro-batches; empty when there are fewer samples than replicas, or none of its own can be used
 * @param skipped records of its share that were left out
 * @param roomTokens tokens that the sequences have room for
 * @param preparedNs how long a decoding thread drew, packed and decoded them, waits for other such threads included; 0 when none did
 */
public record StepSamples(List<PackedBatch> batches, List<SkippedRecord> skipped, long roomTokens, long preparedNs) {
    public StepSamples {
        batches = List.copyOf(batches);
        skipped = List.copyOf(skipped);
    }

    /** Samples of which nothing else is known. */
    public StepSamples(List<PackedBatch> batches, List<SkippedRecord> skipped) {
        this(batches, skipped, 0, 0);
    }

    /** The same with other micro-batches of the same shapes. */
    public StepSamples with(List<PackedBatch> others) {
        return new StepSamples(others, skipped, roomTokens, preparedNs);
    }

    StepSamples preparedIn(long durationNs) {
        return new StepSamples(batches, skipped, roomTokens, durationNs);
    }
}
