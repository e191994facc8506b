package io.longreel.model.snapshot;

import java.util.Comparator;

/**
 * Which snapshot: all ranks' slices of one moment. The generation belongs to it, as a step that was computed twice, before and after a fault, has
 * two snapshots, of which only one may have been committed: a snapshot may be restored when its last step was committed while its generation was
 * current. Ordered by position, and at one position by generation.
 *
 * @param generation mesh incarnation that took it
 * @param stage index of the stage, from 0
 * @param step steps of the stage that were done
 */
public record SnapshotKey(int generation, int stage, int step) implements Comparable<SnapshotKey> {
    private static final Comparator<SnapshotKey> ORDER = Comparator.comparingInt(SnapshotKey::stage)
            .thenComparingInt(SnapshotKey::step)
            .thenComparingInt(SnapshotKey::generation);

    public SnapshotKey {
        if (generation < 1 || stage < 0 || step < 0) {
            throw new IllegalArgumentException(
                    "generation must be at least 1, stage and step at least 0: generation=%d stage=%d step=%d"
                            .formatted(generation, stage, step));
        }
    }

    @Override
    public int compareTo(SnapshotKey other) {
        return ORDER.compare(this, other);
    }

    /** Whether this one was taken after more training than {@code other}, whatever the generations. */
    public boolean isFurtherThan(SnapshotKey other) {
        return stage != other.stage ? stage > other.stage : step > other.step;
    }

    @Override
    public String toString() {
        return "generation=%d stage=%d step=%d".formatted(generation, stage, step);
    }
}
