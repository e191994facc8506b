package io.longreel.runtime.supervisor;

/**
 * How far the run has come.
 *
 * @param stage index of the current stage
 * @param step committed steps of this stage
 * @param globalStep committed steps of all stages
 */
public record Position(int stage, int step, long globalStep) {
    public static final Position START = new Position(0, 0, 0);

    public Position {
        if (stage < 0 || step < 0 || globalStep < step) {
            throw new IllegalArgumentException("a position counts steps from 0: stage=%d step=%d globalStep=%d"
                    .formatted(stage, step, globalStep));
        }
    }

    /** Whether another position of the same run comes later. */
    boolean isBefore(Position other) {
        return stage < other.stage || (stage == other.stage && step < other.step);
    }

    Position committedOneMore() {
        return new Position(stage, step + 1, globalStep + 1);
    }

    Position atNextStage() {
        return new Position(stage + 1, 0, globalStep);
    }
}
