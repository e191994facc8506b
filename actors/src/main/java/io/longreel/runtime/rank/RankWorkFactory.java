package io.longreel.runtime.rank;

import io.longreel.config.topology.Placement;

/**
 * What a process shares among its ranks: the transport, the decoded data. Opened by the node when it has the run's
 * configuration, closed when the last rank has stopped. The seam behind which tests replace model, data and transport.
 */
public interface RankWorkFactory extends AutoCloseable {

    /** Opens what a process needs for a run; may take seconds. */
    @FunctionalInterface
    interface Opener {
        /**
         * @param configText the run's configuration as HOCON
         * @param host address of this process that other nodes reach
         */
        RankWorkFactory open(String configText, String host);
    }

    /** {@code host:port} on which other nodes send data to this process. */
    String dataEndpoint();

    /** Directory of the media driver that serves this process. */
    String driverDirectory();

    /** The work of one rank on one mesh incarnation. Returns at once: nothing is connected yet. */
    RankWork create(Placement placement, int rank);

    @Override
    void close();
}
