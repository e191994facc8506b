package io.longreel.runtime.metrics;

import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** News of a run of one stage, as tests need them. */
public final class News {
    /** Four ranks that can do 2e12 operations a second each, and a step of 4e12. */
    static final StepWork WORK = new StepWork() {
        @Override
        public OptionalDouble operations(CommittedStep step) {
            return OptionalDouble.of(4e12);
        }

        @Override
        public OptionalDouble peakPerRank() {
            return OptionalDouble.of(2e12);
        }
    };

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
                data,
                cost.durationMs() == 0 ? List.of() : ranks(step)));
    }

    /** Four ranks, each of which has 1 GiB of its own in a process of 2, which has had 3, and waited 0.1, 0.2 and 0.3 s. */
    private static List<StepFinished> ranks(int step) {
        RankUsage usage = new RankUsage(
                1L << 30, 2L << 30, 3L << 30, new LinkWaits(100_000_000, 200_000_000, 300_000_000), 250_000);
        return IntStream.range(0, 4)
                .mapToObj(rank -> new StepFinished(
                        new StepId(1, 0, step - 1),
                        rank,
                        new StepResult(2.0 / step, 900, 1000, 0.5, 1e-3, true),
                        new StepTimes(1_000_000_000, 250_000_000, 0, 100_000_000),
                        SentBytes.NONE,
                        StepIntake.NONE,
                        List.of(),
                        usage))
                .toList();
    }
}
