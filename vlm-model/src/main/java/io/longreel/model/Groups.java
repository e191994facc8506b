package io.longreel.model;

import io.longreel.config.topology.Mesh;
import io.longreel.transport.Communicator;
import io.longreel.transport.RankEndpoint;

/**
 * The communicators of one rank: all ranks, the ranks that share its sequences, and the two axes of the latter. Made in the same order on every
 * rank.
 */
public record Groups(
        Mesh mesh, int rank, Communicator world, Communicator sequence, Communicator ring, Communicator ulysses) {

    public static Groups of(Mesh mesh, RankEndpoint endpoint) {
        int rank = endpoint.rank();
        return new Groups(
                mesh,
                rank,
                endpoint.communicator(mesh.worldGroup()),
                endpoint.communicator(mesh.sequenceGroup(rank)),
                endpoint.communicator(mesh.ringGroup(rank)),
                endpoint.communicator(mesh.ulyssesGroup(rank)));
    }

    public int ringRank() {
        return mesh.ringOf(rank);
    }

    public int ulyssesRank() {
        return mesh.ulyssesOf(rank);
    }
}
