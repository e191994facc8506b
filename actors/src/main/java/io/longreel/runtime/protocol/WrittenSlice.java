package io.longreel.runtime.protocol;

/** One rank's file of a checkpoint, on disk and synced. */
public record WrittenSlice(int rank, String name, long sizeBytes, String sha256) {
    public WrittenSlice {
        Facts.atLeast(0, rank, "rank");
        Facts.notBlank(name, "name");
        Facts.atLeast(0, sizeBytes, "sizeBytes");
        Facts.notBlank(sha256, "sha256");
    }
}
