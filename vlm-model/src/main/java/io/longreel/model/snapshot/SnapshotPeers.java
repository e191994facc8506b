package io.longreel.model.snapshot;

import io.longreel.config.topology.Placement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * In whose memory a rank's slice lies besides its own: with the rank of the same local index on each of the next nodes, cyclically. A node fails as a
 * whole, so a slice survives as many lost nodes as it has other holders. Where a node has fewer ranks than the one before, its ranks take several
 * slices each, evenly. Immutable.
 */
public final class SnapshotPeers {
    private final List<List<Integer>> holders = new ArrayList<>();
    private final List<List<Integer>> sources = new ArrayList<>();

    private SnapshotPeers(List<String> nodeOfRank, int replicas) {
        Map<String, List<Integer>> byNode = new LinkedHashMap<>();
        for (int rank = 0; rank < nodeOfRank.size(); rank++) {
            byNode.computeIfAbsent(nodeOfRank.get(rank), node -> new ArrayList<>())
                    .add(rank);
            holders.add(new ArrayList<>());
            sources.add(new ArrayList<>());
        }
        List<List<Integer>> nodes = List.copyOf(byNode.values());
        for (int node = 0; node < nodes.size(); node++) {
            for (int next = 1; next <= Math.min(replicas, nodes.size() - 1); next++) {
                List<Integer> others = nodes.get((node + next) % nodes.size());
                for (int local = 0; local < nodes.get(node).size(); local++) {
                    int rank = nodes.get(node).get(local);
                    int holder = others.get(local % others.size());
                    holders.get(rank).add(holder);
                    sources.get(holder).add(rank);
                }
            }
        }
    }

    /**
     * @param nodeOfRank name of the node of each rank; what has the same name fails together
     * @param replicas other nodes that hold each slice; where there are fewer, all of them do
     */
    public static SnapshotPeers of(List<String> nodeOfRank, int replicas) {
        if (replicas < 0) {
            throw new IllegalArgumentException("replicas must not be negative: replicas=" + replicas);
        }
        return new SnapshotPeers(nodeOfRank, replicas);
    }

    /** Peers by the nodes of a placement. */
    public static SnapshotPeers of(Placement placement, int replicas) {
        return of(placement.ranks().stream().map(Placement.RankSite::nodeId).toList(), replicas);
    }

    public int worldSize() {
        return holders.size();
    }

    /** Ranks that hold the slice of {@code rank}, itself apart; none when there is but one node. */
    public List<Integer> holdersOf(int rank) {
        return List.copyOf(holders.get(rank));
    }

    /** Ranks whose slices {@code rank} holds, itself apart. */
    public List<Integer> sourcesOf(int rank) {
        return List.copyOf(sources.get(rank));
    }
}
