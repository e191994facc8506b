package io.longreel.runtime.supervisor;

import java.util.List;

/** What happens in a run, for people who watch it. */
public sealed interface RunNews {
    record NodesJoined(int ready, int wanted) implements RunNews {}

    record RanksConnecting(int worldSize) implements RunNews {}

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

    record Exporting() implements RunNews {}

    record Stopping(String reason) implements RunNews {}

    /** Nothing comes behind it. */
    record Closed() implements RunNews {}
}
