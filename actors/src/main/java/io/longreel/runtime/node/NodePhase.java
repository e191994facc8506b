package io.longreel.runtime.node;

/**
 * How far a node is with taking part.
 *
 * <pre>
 *   Looking -> Opening -> Ready -> Ending
 *      ^                    |
 *      +----- fenced -------+       Ending is reached from everywhere
 * </pre>
 */
public sealed interface NodePhase {
    /**
     * Asks to be let in.
     *
     * @param askAtMs not before
     * @param deadlineMs when the node gives up
     */
    record Looking(long askAtMs, long deadlineMs) implements NodePhase {}

    /** Welcomed; what the ranks share is being opened. */
    record Opening() implements NodePhase {}

    /** Hosts ranks, or could. */
    record Ready(String dataEndpoint, String driverDirectory) implements NodePhase {}

    /** Ranks stop, then everything is freed. */
    record Ending(NodeEnd end) implements NodePhase {}
}
