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

    /** A link that has to be waited for longer, as cores that copy have other work. */
    Link slowed(double factor) {
        return new Link(bytesPerSecond / factor, latencySeconds * factor);
    }

    /** Seconds that a message of so many bytes takes. */
    public double seconds(double bytes) {
        return bytes / bytesPerSecond + latencySeconds;
    }
}
