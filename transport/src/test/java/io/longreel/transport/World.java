package io.longreel.transport;

import java.util.List;

/** The endpoints of all ranks of a world under test, in rank order, and whatever carries their links. */
interface World extends AutoCloseable {
    List<RankEndpoint> endpoints();

    default RankEndpoint endpoint(int rank) {
        return endpoints().get(rank);
    }

    @Override
    void close();
}
