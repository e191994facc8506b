package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import java.util.List;

/**
 * A step that all ranks agreed on.
 *
 * @param position after the step
 * @param stageName of {@code position.stage()}
 * @param sent by all ranks together
 * @param ranks what each of them has reported, in order of ranks; none where somebody else measured the step
 */
public record CommittedStep(
        Position position,
        String stageName,
        StepResult result,
        StepCost cost,
        SentBytes sent,
        StepData data,
        List<StepFinished> ranks) {
    public CommittedStep {
        ranks = List.copyOf(ranks);
    }

    /** A step of which nobody knows what it was made of. */
    public CommittedStep(Position position, String stageName, StepResult result, StepCost cost, SentBytes sent) {
        this(position, stageName, result, cost, sent, StepData.UNKNOWN);
    }

    /** A step of which nobody knows what its ranks did. */
    public CommittedStep(
            Position position, String stageName, StepResult result, StepCost cost, SentBytes sent, StepData data) {
        this(position, stageName, result, cost, sent, data, List.of());
    }
}
