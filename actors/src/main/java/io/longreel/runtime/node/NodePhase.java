package io.longreel.runtime.node;

import java.util.OptionalLong;

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

    /**
     * Hosts ranks, or could.
     *
     * @param warmUpAtMs when to make ready what ranks will need, if none has come by then; empty: that is done, or was never needed
     */
    record Ready(String dataEndpoint, String driverDirectory, OptionalLong warmUpAtMs) implements NodePhase {
        Ready warm() {
            return new Ready(dataEndpoint, driverDirectory, OptionalLong.empty());
        }
    }

    /** Ranks stop, then everything is freed. */
    record Ending(NodeEnd end) implements NodePhase {}
}
