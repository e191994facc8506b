package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.protocol.SkippedSample;
import java.util.List;

/** What happens in a run, for people who watch it. */
public sealed interface RunNews {
    /** What went wrong, and how the run got over it. */
    sealed interface Trouble extends RunNews {}

    record NodesJoined(int ready, int wanted) implements RunNews {}

    /**
     * Ranks have got their places.
     *
     * @param nodeIds by rank
     * @param spareIds of nodes that are ready and host no rank
     */
    record RanksConnecting(Mesh mesh, List<String> nodeIds, List<String> spareIds) implements RunNews {
        public RanksConnecting {
            nodeIds = List.copyOf(nodeIds);
            spareIds = List.copyOf(spareIds);
        }
    }

    /** A node that hosts no rank can step in. */
    record SpareReady(String nodeId) implements RunNews {}

    /** {@code position.step()} is not 0 where a checkpoint was restored. */
    record StageStarted(Position position, String name) implements RunNews {}

    record StepCommitted(CommittedStep step) implements RunNews {}

    record CheckpointWritten(String checkpoint, Position position) implements RunNews {}

    record EvaluationProgressed(int stage, String name, int done, int cells) implements RunNews {}

    record EvaluationFinished(int stage, String name, List<CellOutcome> cells) implements RunNews {
        public EvaluationFinished {
            cells = List.copyOf(cells);
        }
    }

    /** A checkpoint could not be written; the one before it stays, and training goes on. */
    record CheckpointFailed(String reason) implements Trouble {}

    /** The disk does not take the journal, the metrics or a result: steps wait in memory, and training goes on as far as it can. */
    record FilesWait(String reason) implements Trouble {}

    /** What waited in memory is on disk. */
    record FilesCaughtUp() implements Trouble {}

    record NodeLost(String nodeId, String reason) implements Trouble {}

    record NodeQuarantined(String nodeId, long forMs) implements Trouble {}

    /** The mesh is given up, to go on with another one. {@code isPlanned} when nothing is lost. */
    record RecoveryStarted(int generation, String cause, boolean isPlanned) implements Trouble {}

    /**
     * What keeps failing gets time to pass before the next attempt.
     *
     * @param attempt its number in this recovery, from 1
     */
    record RecoveryPaused(int attempt, long forMs) implements Trouble {}

    /** Nodes are missing, and the run waits for them. */
    record NodesAwaited(int available, int wanted) implements Trouble {}

    /** Ranks have places again, on a mesh that may be another one than before. */
    record Placed(int generation, Mesh mesh, boolean isSmaller, String source) implements Trouble {}

    /**
     * The first new step after a fault is committed, or a run that is paused has its state back.
     *
     * @param tookMs from the notice to this moment
     * @param replayed steps that were computed again
     */
    record Recovered(int generation, long tookMs, int replayed, String cause) implements Trouble {}

    /** A rank computes slower than the others; {@code score} is the others' time over its own. */
    record StragglerFound(int rank, String nodeId, double score) implements Trouble {}

    /** A result was not believed, or what became of it. */
    record Doubted(String text) implements Trouble {}

    /** A record of a dataset cannot be used, and step {@code step} of the stage went without it. */
    record RecordSkipped(String stageName, int step, SkippedSample record) implements Trouble {}

    /** The ranks wait for questions. */
    record Serving(int worldSize) implements RunNews {}

    /** Somebody asked for something, and gets it. */
    record ControlAccepted(String text) implements RunNews {}

    /** Somebody wants the run to stand still; what is in flight goes to its end. */
    record PauseOrdered() implements RunNews {}

    /** The run stands still as it was told to, until it is told to go on. */
    record Paused(Position position) implements RunNews {}

    /** The run was told to go on. */
    record Resumed() implements RunNews {}

    record Exporting() implements RunNews {}

    record Stopping(String reason) implements RunNews {}

    /** Nothing comes behind it. */
    record Closed() implements RunNews {}
}
