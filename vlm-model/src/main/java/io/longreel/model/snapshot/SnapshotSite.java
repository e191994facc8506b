package io.longreel.model.snapshot;

/**
 * Where a session's snapshots go: the vault of its process, which outlives it, and the peers of its mesh.
 */
public record SnapshotSite(SnapshotVault vault, SnapshotPeers peers) {}
