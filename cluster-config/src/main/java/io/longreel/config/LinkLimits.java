package io.longreel.config;

import java.time.Duration;

/**
 * What links are slowed down to, so that one machine behaves like nodes with other links than its own.
 *
 * @param intraNode between ranks of one node
 * @param interNode between nodes
 */
public record LinkLimits(Limit intraNode, Limit interNode) {
    /** Links are as fast as they are. */
    public static final LinkLimits NONE = new LinkLimits(Limit.NONE, Limit.NONE);

    /**
     * Of one link in one direction.
     *
     * @param bytesPerSecond 0 = unlimited
     * @param latency from the end of a message's sending to its arrival
     */
    public record Limit(long bytesPerSecond, Duration latency) {
        public static final Limit NONE = new Limit(0, Duration.ZERO);

        public Limit {
            if (bytesPerSecond < 0 || latency.isNegative()) {
                throw new IllegalArgumentException("a link's limit must not be negative: bytesPerSecond=%d latency=%s"
                        .formatted(bytesPerSecond, latency));
            }
        }

        public boolean isNone() {
            return bytesPerSecond == 0 && latency.isZero();
        }

        /** How long so many bytes take, without the latency. */
        public long sendingNs(long bytes) {
            return bytesPerSecond == 0 ? 0 : (long) Math.ceil(bytes * 1e9 / bytesPerSecond);
        }
    }

    public boolean isNone() {
        return intraNode.isNone() && interNode.isNone();
    }
}
