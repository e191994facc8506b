package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.SnapshotId;

/** Where the state comes from with which ranks begin: the rungs of the ladder, best first. */
public sealed interface Source {
    Position position();

    /** Memories of the processes that hold its slices. */
    record Memory(SnapshotId snapshot, Position position) implements Source {}

    /** A directory on disk that was read through and found whole. */
    record Disk(String directory, Position position) implements Source {}

    /** New weights, or those of the model that the configuration names. */
    record Beginning() implements Source {
        @Override
        public Position position() {
            return Position.START;
        }
    }

    default String text() {
        return switch (this) {
            case Memory memory -> "memory, " + memory.snapshot();
            case Disk disk -> "checkpoint " + disk.directory();
            case Beginning beginning -> "the beginning";
        };
    }
}
