package io.longreel.curriculum;

import io.longreel.curriculum.records.SkippedRecord;
import io.longreel.model.PackedBatch;
import java.util.List;

/**
 * What one data-parallel replica learns from in a step.
 *
 * @param batches its micro-batches; empty when there are fewer samples than replicas, or none of its own can be used
 * @param skipped records of its share that were left out
 */
public record StepSamples(List<PackedBatch> batches, List<SkippedRecord> skipped) {
    public StepSamples {
        batches = List.copyOf(batches);
        skipped = List.copyOf(skipped);
    }
}
