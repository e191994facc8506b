package io.longreel.runtime.web;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.supervisor.RunNews;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who hosts which rank, and how it is, as far as news say: nothing before ranks have places. Guarded by its owner, but for {@link View}, which is immutable.
 */
final class MeshPicture {
    /** How a rank is. */
    enum RankState {
        CONNECTING,
        WORKING,
        PAUSED,
        SLOW,
        STOPPED,
        LOST
    }

    /**
     * At one moment.
     *
     * @param nodeIds by rank
     * @param states by rank
     */
    record View(Mesh mesh, List<String> nodeIds, List<RankState> states, List<String> spareIds) {}

    private Mesh mesh;
    private List<String> nodeIds = List.of();
    private final Set<String> spareIds = new TreeSet<>();
    private final Set<String> lostIds = new TreeSet<>();
    /** Stragglers' scores by rank. */
    private final Map<Integer, Double> slow = new TreeMap<>();

    private RankState all = RankState.CONNECTING;

    /**
     * @param mesh that the run means to have
     */
    MeshPicture(Mesh mesh) {
        this.mesh = mesh;
    }

    void learn(RunNews news) {
        switch (news) {
            case RunNews.RanksConnecting connecting -> {
                mesh = connecting.mesh();
                nodeIds = connecting.nodeIds();
                spareIds.clear();
                spareIds.addAll(connecting.spareIds());
                lostIds.clear();
                slow.clear();
                all = RankState.CONNECTING;
            }
            case RunNews.SpareReady spare -> spareIds.add(spare.nodeId());
            case RunNews.StageStarted started -> all = RankState.WORKING;
            case RunNews.StepCommitted committed -> all = RankState.WORKING;
            case RunNews.EvaluationProgressed progressed -> all = RankState.WORKING;
            case RunNews.Paused paused -> all = RankState.PAUSED;
            case RunNews.Resumed resumed -> all = all == RankState.PAUSED ? RankState.WORKING : all;
            case RunNews.RecoveryStarted started -> all = RankState.STOPPED;
            case RunNews.Stopping stopping -> all = RankState.STOPPED;
            case RunNews.Closed closed -> all = RankState.STOPPED;
            case RunNews.NodeLost lost -> {
                lostIds.add(lost.nodeId());
                spareIds.remove(lost.nodeId());
            }
            case RunNews.StragglerFound straggler -> slow.put(straggler.rank(), straggler.score());
            default -> {} // says nothing about places
        }
    }

    View view() {
        List<RankState> states = new ArrayList<>();
        for (int rank = 0; rank < nodeIds.size(); rank++) {
            states.add(stateOf(rank));
        }
        return new View(mesh, nodeIds, List.copyOf(states), List.copyOf(spareIds));
    }

    private RankState stateOf(int rank) {
        if (lostIds.contains(nodeIds.get(rank))) {
            return RankState.LOST;
        }
        return all == RankState.WORKING && slow.containsKey(rank) ? RankState.SLOW : all;
    }
}
