package io.longreel.runtime.supervisor;

/** One rank's part of a checkpoint, as the manifest names it. */
public record Slice(int rank, String name, long sizeBytes, String sha256) {}
