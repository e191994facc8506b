package io.longreel.runtime.protocol;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.engine.TickResult;
import java.util.List;

/**
 * What a rank has done; the mirror of {@link RankCommand}. Pure data: the supervisor's core decides on it without
 * knowing actors.
 */
public sealed interface RankReport extends WireMessage {
    StepId at();

    int rank();

    /** The links to all other ranks stand. */
    record RankConnected(StepId at, int rank) implements RankReport {}

    /** The weights are there, new, loaded or restored. */
    record Prepared(StepId at, int rank) implements RankReport {}

    record StageBegun(StepId at, int rank) implements RankReport {}

    /**
     * The step ran to its end. The result must be the same on all ranks, to the bit; how long it took need not.
     *
     * @param intake what it was made of
     * @param skipped records that the rank's replica could not use; equal on all ranks of a replica
     */
    record StepFinished(
            StepId at,
            int rank,
            StepResult result,
            StepTimes times,
            SentBytes sent,
            StepIntake intake,
            List<SkippedSample> skipped,
            RankUsage usage)
            implements RankReport {
        public StepFinished {
            skipped = List.copyOf(skipped);
        }

        /** A step of which nobody asks what it was made of. */
        public StepFinished(StepId at, int rank, StepResult result, StepTimes times, SentBytes sent) {
            this(at, rank, result, times, sent, StepIntake.NONE, List.of(), RankUsage.NONE);
        }

        /** A step of which nobody asks what it used. */
        public StepFinished(
                StepId at,
                int rank,
                StepResult result,
                StepTimes times,
                SentBytes sent,
                StepIntake intake,
                List<SkippedSample> skipped) {
            this(at, rank, result, times, sent, intake, skipped, RankUsage.NONE);
        }
    }

    /** The state is in this process's memory and in those of its peers. */
    record SnapshotTaken(StepId at, int rank) implements RankReport {}

    record StageEnded(StepId at, int rank) implements RankReport {}

    /** The answers of one cell, which must be the same on all ranks. */
    record CellEvaluated(StepId at, int rank, int cell, List<TestAnswer> answers) implements RankReport {
        public CellEvaluated {
            Facts.atLeast(0, cell, "cell");
            answers = List.copyOf(answers);
        }
    }

    record ModelExported(StepId at, int rank) implements RankReport {}

    /** What a tick brought, which must be the same on all ranks. */
    record TickDone(StepId at, int rank, TickResult result) implements RankReport {}

    /** The compute thread ended with an exception; the rank does nothing any more. */
    record RankFailed(StepId at, int rank, RuntimeFailure.Category category, String message) implements RankReport {
        public RankFailed {
            Facts.notBlank(message, "message");
        }
    }

    /** A command of another incarnation came in and was not done. */
    record CommandFenced(StepId at, int rank, int expectedGeneration) implements RankReport {
        public CommandFenced {
            Facts.atLeast(1, expectedGeneration, "expectedGeneration");
        }
    }
}
