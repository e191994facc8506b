package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;

/**
 * A step that all ranks agreed on.
 *
 * @param position after the step
 * @param stageName of {@code position.stage()}
 * @param sent by all ranks together
 */
public record CommittedStep(
        Position position, String stageName, StepResult result, StepCost cost, SentBytes sent, StepData data) {

    /** A step of which nobody knows what it was made of. */
    public CommittedStep(Position position, String stageName, StepResult result, StepCost cost, SentBytes sent) {
        this(position, stageName, result, cost, sent, StepData.UNKNOWN);
    }
}
