package io.longreel.config.plan;

/**
 * What one rank can send, one way.
 *
 * @param bytesPerSecond of a rank's own port
 * @param latencySeconds of a message until its first byte is there
 */
public record Link(double bytesPerSecond, double latencySeconds) {
    public Link {
        PlanRules.positive("the bandwidth of a link", bytesPerSecond);
        PlanRules.notNegative("the latency of a link", latencySeconds);
    }

    /** Seconds that a message of so many bytes takes. */
    public double seconds(double bytes) {
        return bytes / bytesPerSecond + latencySeconds;
    }
}
