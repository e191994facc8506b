package io.longreel.runtime.protocol;

/**
 * Payload bytes that ranks sent, by class of link.
 *
 * @param local to ranks of the same process
 * @param intraNode to other processes of the same node
 * @param interNode to other nodes
 */
public record SentBytes(long local, long intraNode, long interNode) {
    public static final SentBytes NONE = new SentBytes(0, 0, 0);

    public SentBytes {
        Facts.atLeast(0, local, "local");
        Facts.atLeast(0, intraNode, "intraNode");
        Facts.atLeast(0, interNode, "interNode");
    }

    public SentBytes plus(SentBytes other) {
        return new SentBytes(local + other.local, intraNode + other.intraNode, interNode + other.interNode);
    }

    /** What was sent since {@code earlier}. */
    public SentBytes since(SentBytes earlier) {
        return new SentBytes(local - earlier.local, intraNode - earlier.intraNode, interNode - earlier.interNode);
    }
}
