package io.longreel.runtime.protocol;

/**
 * What a rank has and has used, told with each step; 0 is what nobody knows.
 *
 * @param arenaBytes off-heap memory of the rank's arenas, as planned before it was allocated, without snapshots
 * @param residentBytes memory of the rank's process in RAM, with all ranks that it hosts
 * @param peakBytes most of it so far
 * @param waits of the step, without those of its snapshot
 * @param squaredTokens sum over its replica's documents of the square of their tokens; 0 but on one rank of each replica
 */
public record RankUsage(long arenaBytes, long residentBytes, long peakBytes, LinkWaits waits, double squaredTokens) {
    public static final RankUsage NONE = new RankUsage(0, 0, 0, LinkWaits.NONE, 0);

    public RankUsage {
        Facts.atLeast(0, arenaBytes, "arenaBytes");
        Facts.atLeast(0, residentBytes, "residentBytes");
        Facts.atLeast(0, peakBytes, "peakBytes");
    }
}
