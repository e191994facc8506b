package io.longreel.runtime.protocol;

import io.longreel.curriculum.engine.EngineTick;

/**
 * What a rank is told to do. Commands other than {@link AbortGeneration} and {@link Fenced} are done one after the
 * other, in order of arrival, on the rank's compute thread; each is answered by one {@link RankReport}.
 */
public sealed interface RankCommand {

    /** A command that comes from the supervisor, perhaps over the network. */
    sealed interface FromSupervisor extends RankCommand, WireMessage {
        StepId at();
    }

    /** Make new weights from the run's seed, or load the model that the configuration names. Answer: Prepared. */
    record PrepareModel(StepId at) implements FromSupervisor {}

    /**
     * Begin the stage of {@code at} and restore everything that a training checkpoint holds of it. Answer: Prepared.
     */
    record RestoreCheckpoint(StepId at, String directory) implements FromSupervisor {
        public RestoreCheckpoint {
            Facts.notBlank(directory, "directory");
        }
    }

    /**
     * Begin the stage of {@code at} and restore its state from the memories of the mesh's processes, then take a snapshot of it. Answer:
     * Prepared.
     */
    record RestoreSnapshot(StepId at, SnapshotId source) implements FromSupervisor {}

    /** Make a stage current and take a snapshot of it. Answer: StageBegun. */
    record BeginStage(StepId at) implements FromSupervisor {}

    /**
     * One optimizer step. Answer: StepFinished.
     *
     * @param takesSnapshot whether the state behind the step must be in the peers' memories before the answer
     * @param keepFrom older snapshots are not needed any more
     */
    record RunStep(StepId at, boolean takesSnapshot, SnapshotId keepFrom) implements FromSupervisor {}

    /** Change nothing but take one step's samples as done: they were found to be harmful. Answer: StepFinished, not applied. */
    record SkipStep(StepId at, boolean takesSnapshot, SnapshotId keepFrom) implements FromSupervisor {}

    /** Take a snapshot of the state as it is. Answer: SnapshotTaken. */
    record TakeSnapshot(StepId at) implements FromSupervisor {}

    /**
     * Merge adapters, drop optimizer state. Answer: StageEnded.
     *
     * @param adapterDirectory where the adapters, if there are any, are written before; empty: nowhere
     */
    record EndStage(StepId at, String adapterDirectory) implements FromSupervisor {}

    /**
     * Answer all questions of one cell of the stage's needle test; cells count length by length, depth by depth.
     * Answer: CellEvaluated.
     */
    record EvaluateCell(StepId at, int cell) implements FromSupervisor {
        public EvaluateCell {
            Facts.atLeast(0, cell, "cell");
        }
    }

    /** Write the model in its public layout: rank 0 does, the others bring their shares. Answer: ModelExported. */
    record ExportModel(StepId at, String directory) implements FromSupervisor {
        public ExportModel {
            Facts.notBlank(directory, "directory");
        }
    }

    /** Work on questions. Answer: TickDone. */
    record RunTick(StepId at, EngineTick tick) implements FromSupervisor {}

    /** Give this incarnation up at once: waits inside collectives end, the rank stops. No answer. */
    record AbortGeneration(StepId at, String reason) implements FromSupervisor {}

    /** Answer to a report of an incarnation that is over: its sender stops. */
    record Fenced(StepId at, int expectedGeneration) implements FromSupervisor {
        public Fenced {
            Facts.atLeast(1, expectedGeneration, "expectedGeneration");
        }
    }

    /** The rank's own compute thread has something to report. Never leaves the process. */
    record ComputeReported(RankReport report) implements RankCommand {}
}
