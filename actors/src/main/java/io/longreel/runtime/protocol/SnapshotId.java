package io.longreel.runtime.protocol;

/**
 * Which snapshot: the one that the ranks of a mesh incarnation took of a position. Slices of one snapshot lie in the memories of several
 * processes.
 *
 * @param generation of the mesh incarnation that took it; 0 for {@link #NONE}
 * @param stage index of the stage
 * @param step steps of the stage that are done
 */
public record SnapshotId(int generation, int stage, int step) {
    /** Stands before every snapshot. */
    public static final SnapshotId NONE = new SnapshotId(0, 0, 0);

    public SnapshotId {
        Facts.atLeast(0, generation, "generation");
        Facts.atLeast(0, stage, "stage");
        Facts.atLeast(0, step, "step");
    }

    /** The snapshot that ranks at a position take. */
    public static SnapshotId at(StepId position) {
        return new SnapshotId(position.generation(), position.stage(), position.step());
    }

    @Override
    public String toString() {
        return "snapshot(generation=%d stage=%d step=%d)".formatted(generation, stage, step);
    }
}
