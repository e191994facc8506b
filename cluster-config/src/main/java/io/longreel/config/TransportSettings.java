package io.longreel.config;

import java.time.Duration;

/**
 * How bytes travel between ranks.
 *
 * @param intraNode what carries payloads between ranks of one node
 * @param windowBytes size of each shared-memory window (one per ordered pair of ranks of a node)
 * @param mtuBytes Aeron UDP mtu: 65504 on loopback, 8192 on jumbo networks, 1408 elsewhere
 * @param termBytes Aeron term length, a power of two
 * @param waitTimeout longest wait inside one collective before it fails as RETRYABLE
 * @param limits what links are slowed down to
 */
public record TransportSettings(
        IntraNode intraNode, int windowBytes, int mtuBytes, int termBytes, Duration waitTimeout, LinkLimits limits) {

    /** Links are as fast as they are. */
    public TransportSettings(IntraNode intraNode, int windowBytes, int mtuBytes, int termBytes, Duration waitTimeout) {
        this(intraNode, windowBytes, mtuBytes, termBytes, waitTimeout, LinkLimits.NONE);
    }

    /** Path of payloads between ranks of one node. */
    public enum IntraNode {
        /** Shared-memory windows; Aeron IPC carries the doorbells. */
        WINDOWS,
        /** Aeron IPC carries the payloads themselves. */
        IPC
    }
}
