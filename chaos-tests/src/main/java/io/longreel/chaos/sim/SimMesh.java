package io.longreel.chaos.sim;

import io.longreel.chaos.checker.RunChecks;
import io.longreel.chaos.checker.Violation.Promise;
import io.longreel.config.topology.Placement;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SnapshotId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The ranks of one mesh incarnation, where they meet: a command is done when every rank has got to it, so long as all of them live, run and reach
 * each other; and a snapshot is held when the ranks that exchange slices have all done their part.
 */
final class SimMesh {
    private static final long LOOK_AGAIN_MS = 10;
    private static final double SEES_LOST_PEER = 0.5;

    /** One command of the sequence that all ranks run. */
    private static final class Meeting {
        private final Map<Integer, RankCommand.FromSupervisor> there = new TreeMap<>();
        private final Set<Integer> done = new TreeSet<>();
        private final Map<Integer, RankReport> unreleased = new TreeMap<>();
    }

    private final SimCluster cluster;
    private final Placement placement;
    private final SnapshotPeers peers;
    private final Chance chance;
    private final Map<Integer, SimRank> ranks = new TreeMap<>();
    private final List<Meeting> meetings = new ArrayList<>();
    private final Map<Integer, Integer> next = new HashMap<>();
    private boolean isConnected;

    SimMesh(SimCluster cluster, Placement placement) {
        this.cluster = cluster;
        this.placement = placement;
        this.peers = SnapshotPeers.of(placement, cluster.plan().recovery().replicas());
        this.chance = cluster.chance("mesh-" + placement.generation());
    }

    int generation() {
        return placement.generation();
    }

    int worldSize() {
        return placement.mesh().worldSize();
    }

    boolean isOn(String host) {
        return placement.ranks().stream().anyMatch(site -> site.nodeId().equals(host));
    }

    /** The lowest rank on a host; -1 when there is none. */
    int firstRankOn(String host) {
        return placement.ranks().stream()
                .filter(site -> site.nodeId().equals(host))
                .mapToInt(Placement.RankSite::rank)
                .findFirst()
                .orElse(-1);
    }

    /** A process of this mesh is gone. */
    void peerGone() {
        ranks.values().forEach(this::seeLostPeer);
    }

    /** A rank opens its links. */
    void join(SimRank rank) {
        ranks.put(rank.rank(), rank);
        if (ranks.size() == worldSize()) {
            cluster.time().afterMs(chance.between(5, 60), this::connectWhenPossible);
        }
    }

    private void connectWhenPossible() {
        if (isConnected || ranks.values().stream().anyMatch(SimRank::isOver)) {
            return;
        }
        if (!isWhole()) {
            cluster.time().afterMs(LOOK_AGAIN_MS, this::connectWhenPossible);
            return;
        }
        isConnected = true;
        ranks.values().forEach(rank -> cluster.time().afterUs(chance.between(0, 5_000), rank::connected));
    }

    /** A rank has got to its next command. */
    void enter(SimRank rank, RankCommand.FromSupervisor command) {
        int index = next.merge(rank.rank(), 1, Integer::sum) - 1;
        while (meetings.size() <= index) {
            meetings.add(new Meeting());
        }
        Meeting meeting = meetings.get(index);
        meeting.there.put(rank.rank(), command);
        boolean isSame = meeting.there.values().stream().distinct().count() == 1;
        if (meeting.there.size() == worldSize() && isSame) {
            ranks.values().forEach(SimRank::compute);
            cluster.time().afterUs(durationUs(command), () -> doWhenPossible(meeting));
        } // ranks that got different commands wait for each other for ever
    }

    private long durationUs(RankCommand.FromSupervisor command) {
        long baseUs = command instanceof RankCommand.RunStep || command instanceof RankCommand.EvaluateCell
                ? cluster.schedule().stepUs()
                : cluster.schedule().stepUs() / 4;
        double slowest =
                ranks.values().stream().mapToDouble(SimRank::slowness).max().orElse(1);
        return (long) (chance.between(baseUs / 2, baseUs) * slowest);
    }

    private void doWhenPossible(Meeting meeting) {
        if (ranks.values().stream().anyMatch(SimRank::isOver)) {
            return; // they wait until they are told to stop, or see it themselves
        }
        if (isWhole()) {
            meeting.there.forEach((rank, command) ->
                    cluster.time().afterUs(chance.between(0, 3_000), () -> run(meeting, ranks.get(rank), command)));
        } else {
            cluster.time().afterMs(LOOK_AGAIN_MS, () -> doWhenPossible(meeting));
        }
    }

    /** A link that breaks is noticed by some, and not by others. */
    private void seeLostPeer(SimRank rank) {
        if (!rank.isOver() && chance.happens(SEES_LOST_PEER)) {
            cluster.time().afterMs(chance.between(1, 4_000), () -> rank.fail("a peer is gone"));
        }
    }

    private boolean isWhole() {
        List<SimNode> nodes =
                ranks.values().stream().map(SimRank::node).distinct().toList();
        for (SimNode node : nodes) {
            if (!node.isRunning()) {
                return false;
            }
            for (SimNode other : nodes) {
                if (!cluster.wires().connects(node.host(), other.host())) {
                    return false;
                }
            }
        }
        return true;
    }

    private void run(Meeting meeting, @Nullable SimRank rank, RankCommand.FromSupervisor command) {
        Objects.requireNonNull(rank).node().post(() -> {
            if (rank.isOver()) {
                return;
            }
            Optional<RankReport> report = rank.run(command);
            meeting.done.add(rank.rank());
            report.ifPresent(r -> meeting.unreleased.put(rank.rank(), r));
            release(meeting, takesSnapshot(command));
        });
    }

    private void release(Meeting meeting, boolean exchanges) {
        for (int rank : List.copyOf(meeting.unreleased.keySet())) {
            boolean isHeld = !exchanges
                    || (meeting.done.containsAll(peers.holdersOf(rank))
                            && meeting.done.containsAll(peers.sourcesOf(rank)));
            RankReport report = isHeld ? meeting.unreleased.remove(rank) : null;
            if (report != null) {
                Objects.requireNonNull(ranks.get(rank)).answer(report);
            }
        }
    }

    private static boolean takesSnapshot(RankCommand.FromSupervisor command) {
        return switch (command) {
            case RankCommand.RunStep step -> step.takesSnapshot();
            case RankCommand.SkipStep step -> step.takesSnapshot();
            case RankCommand.TakeSnapshot take -> true;
            case RankCommand.BeginStage begin -> true;
            case RankCommand.RestoreSnapshot restore -> true;
            case RankCommand.RestoreCheckpoint restore -> true;
            default -> false;
        };
    }

    ModelVault vault(int rank) {
        return Objects.requireNonNull(ranks.get(rank)).node().vault();
    }

    /** Puts a rank's slice into its own process's memory and into those of its peers. */
    void store(int rank, SnapshotId id, long state) {
        vault(rank).put(id, new ModelVault.Slice(rank, worldSize(), state, true));
        if (cluster.mutant() == Mutant.SNAPSHOT_NOT_SENT) {
            return;
        }
        for (int holder : peers.holdersOf(rank)) {
            SimRank other = Objects.requireNonNull(ranks.get(holder));
            if (other.node().isAlive() && !other.isOver()) {
                other.node().vault().put(id, new ModelVault.Slice(rank, worldSize(), state, false));
            }
        }
    }

    /** The state that the memories of this mesh hold of a snapshot; empty when a slice is in none of them. */
    Optional<Long> gather(SnapshotId source) {
        Map<Integer, ModelVault.Slice> found = new TreeMap<>();
        for (SimRank rank : ranks.values()) {
            rank.node().vault().slices(source).forEach(slice -> found.put(slice.rank(), slice));
        }
        if (found.isEmpty() || found.size() != found.values().iterator().next().worldSize()) {
            return Optional.empty();
        }
        long states =
                found.values().stream().map(ModelVault.Slice::state).distinct().count();
        if (states > 1) {
            checks().broken(Promise.SAME_MODEL, "%s holds %d different states".formatted(source, states));
        }
        return Optional.of(found.values().iterator().next().state());
    }

    /** A rank dropped all that is older: what it was told to keep has to be there, in as many memories as was asked for. */
    void dropped(int rank, SnapshotId oldest) {
        if (oldest.generation() != generation()) {
            return;
        }
        boolean isHeld = vault(rank).slice(oldest, rank).isPresent()
                && peers.holdersOf(rank).stream().allMatch(holder -> holds(holder, oldest, rank));
        checks().require(
                        isHeld,
                        Promise.SNAPSHOT_KEPT,
                        "rank %d was told to keep from %s, which it or a peer lacks",
                        rank,
                        oldest);
    }

    /** Whether a process holds the slice, or has been told already that a newer one is enough, or is gone. */
    private boolean holds(int holder, SnapshotId id, int rank) {
        SimNode node = Objects.requireNonNull(ranks.get(holder)).node();
        return !node.isAlive()
                || node.vault().slice(id, rank).isPresent()
                || node.vault().hasNewer(id);
    }

    private RunChecks checks() {
        return cluster.checks();
    }
}
