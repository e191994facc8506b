package io.longreel.runtime.metrics;

import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;

/** News of a run of one stage, as tests need them. */
public final class News {
    private News() {}

    /** A stage begins, at its first step. */
    public static RunNews begun() {
        return new RunNews.StageStarted(Position.START, "short");
    }

    /** The {@code step}-th step, from 1: a second of 1000 tokens, 10 percent of it waiting for samples and 25 for peers. */
    public static RunNews.StepCommitted step(int step) {
        return step(step, new StepCost(1000, 0.25, 0, 1.5), new StepData(4, 2, 0.75, 8, 6, 2, 50, 100));
    }

    /** A step whose loss is no number any more. */
    public static RunNews.StepCommitted diverged(int step) {
        CommittedStep sound = step(step).step();
        return new RunNews.StepCommitted(new CommittedStep(
                sound.position(),
                sound.stageName(),
                new StepResult(Double.NaN, 900, 1000, Double.NaN, 1e-3, false),
                sound.cost(),
                sound.sent(),
                sound.data()));
    }

    static RunNews.StepCommitted step(int step, StepCost cost, StepData data) {
        return new RunNews.StepCommitted(new CommittedStep(
                new Position(0, step, step),
                "short",
                new StepResult(2.0 / step, 900, 1000, 0.5, 1e-3, true),
                cost,
                new SentBytes(10, 20, 30),
                data));
    }
}
