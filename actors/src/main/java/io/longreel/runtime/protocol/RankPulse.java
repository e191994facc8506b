package io.longreel.runtime.protocol;

/**
 * A sign of life of one rank.
 *
 * @param progress grows while the rank gets anywhere
 * @param isWaiting whether it waits for a command or for its peers, and so cannot be what holds the others up
 */
public record RankPulse(int rank, long progress, boolean isWaiting) {
    public RankPulse {
        Facts.atLeast(0, rank, "rank");
    }
}
