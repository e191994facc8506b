package io.longreel.config;

/**
 * Training checkpoints on disk.
 *
 * @param everySteps a checkpoint after so many committed steps of the run; 0 = only at the end of each stage and when stopped
 * @param keep newest checkpoints that stay on disk, at least 1
 */
public record CheckpointSettings(int everySteps, int keep) {}
