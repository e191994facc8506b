package io.longreel.config.topology;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Where the ranks of one mesh incarnation live. The supervisor makes it once per generation and sends it to every rank; transport
 * derives from it which peers share a process, a node, or neither.
 *
 * @param runToken drawn at random once per run, equal in all its generations: every frame between ranks carries it, so that a port which another
 *     run had before, or has now, mixes nothing up. No secret from who can read the network
 * @param generation number of this incarnation, from 1; fences messages of earlier ones
 * @param mesh the mesh; {@code ranks} has one entry per rank, in rank order
 */
public record Placement(long runToken, int generation, Mesh mesh, List<RankSite> ranks) {

    /**
     * @param nodeId the host: failure and locality domain; ranks with the same id talk through shared memory
     * @param processId unique in the cluster; ranks with the same id are threads of one JVM
     * @param dataEndpoint {@code host:port} on which the process receives Aeron UDP from other nodes; empty when nothing does
     * @param driverDirectory directory of the Aeron media driver that serves this process
     */
    public record RankSite(int rank, String nodeId, String processId, String dataEndpoint, String driverDirectory) {}

    public Placement {
        ranks = List.copyOf(ranks);
        if (generation < 1) {
            throw new IllegalArgumentException("generation must be at least 1: generation=" + generation);
        }
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < ranks.size(); i++) {
            if (ranks.get(i).rank() != i || !seen.add(i)) {
                throw new IllegalArgumentException("rank sites must be in rank order without gaps: index=%d rank=%d"
                        .formatted(i, ranks.get(i).rank()));
            }
        }
        if (ranks.size() != mesh.worldSize()) {
            throw new IllegalArgumentException(
                    "placement must cover the mesh: sites=%d worldSize=%d".formatted(ranks.size(), mesh.worldSize()));
        }
    }

    /** A placement of a run that nothing can be mixed up with. */
    public Placement(int generation, Mesh mesh, List<RankSite> ranks) {
        this(0, generation, mesh, ranks);
    }

    /** All ranks of a mesh as threads of this process, generation 1. */
    public static Placement inProcess(Mesh mesh) {
        return new Placement(
                1,
                mesh,
                IntStream.range(0, mesh.worldSize())
                        .mapToObj(rank -> new RankSite(rank, "local", "local", "", ""))
                        .toList());
    }

    public RankSite site(int rank) {
        return ranks.get(rank);
    }

    /** Without the token, which has no business in a log. */
    @Override
    public String toString() {
        return "Placement[generation=%d, mesh=%s, ranks=%s]".formatted(generation, mesh, ranks);
    }
}
