package io.longreel.chaos.sim;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.node.NodeCore;
import io.longreel.runtime.node.NodeDecision;
import io.longreel.runtime.node.NodeEffect;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.node.NodeIdentity;
import io.longreel.runtime.node.NodeState;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.WrittenSlice;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One worker process: the production core of its node, its ranks, its vault, and what befalls a process. While it is stopped (SIGSTOP) everything
 * that happens to it waits, as in the kernel; when it goes on, it does all of that as if no time had passed.
 */
final class SimNode {
    private static final long JOIN_INTERVAL_MS = 300;
    private static final long BEAT_INTERVAL_MS = 100;

    private final SimCluster cluster;
    private final String processId;
    private final String host;
    private final Chance chance;
    private final ModelVault vault = new ModelVault();
    private final Map<Integer, SimRank> ranks = new TreeMap<>();
    private final Deque<Runnable> inbox = new ArrayDeque<>();
    private NodeState state;
    private boolean isAlive = true;
    private int pauses;
    private double slowness = 1;

    SimNode(SimCluster cluster, String processId, String host) {
        this.cluster = cluster;
        this.processId = processId;
        this.host = host;
        this.chance = cluster.chance(processId);
        NodeIdentity identity = new NodeIdentity(processId, host, host, "seed:1", Duration.ofMinutes(10));
        this.state = NodeState.initial(identity, cluster.time().nowMs());
    }

    /** Begins to look for the seed. */
    void start() {
        every(JOIN_INTERVAL_MS, new NodeCommand.RetryJoin());
        every(BEAT_INTERVAL_MS, new NodeCommand.BeatDue());
    }

    /** A timer that fires once, however long the process was stopped, as timers with a fixed delay do. */
    private void every(long intervalMs, NodeCommand command) {
        post(() -> {
            deliver(command);
            cluster.time().afterMs(intervalMs, () -> every(intervalMs, command));
        });
    }

    String processId() {
        return processId;
    }

    /** The machine, which is also the node id. */
    String host() {
        return host;
    }

    ModelVault vault() {
        return vault;
    }

    boolean isAlive() {
        return isAlive;
    }

    boolean isRunning() {
        return isAlive && pauses == 0;
    }

    double slowness() {
        return slowness;
    }

    void slow(double factor) {
        slowness = factor;
    }

    Map<Integer, SimRank> ranks() {
        return ranks;
    }

    /** Does something on this process: now, when it goes on, or never. */
    void post(Runnable act) {
        if (isRunning()) {
            act.run();
        } else if (isAlive) {
            inbox.add(act);
        }
    }

    /** Stops the process like SIGSTOP, until as many {@link #resume}. */
    void pause() {
        pauses++;
    }

    void resume() {
        pauses--;
        while (isRunning() && !inbox.isEmpty()) {
            inbox.poll().run();
        }
    }

    /** Ends the process like SIGKILL. */
    void kill() {
        isAlive = false;
        inbox.clear();
    }

    void deliver(NodeCommand command) {
        if (!isAlive) {
            return;
        }
        NodeDecision decision = NodeCore.apply(state, command, cluster.time().nowMs());
        state = decision.state();
        decision.effects().forEach(this::perform);
    }

    private void perform(NodeEffect effect) {
        switch (effect) {
            case NodeEffect.Say say -> cluster.tellSupervisor(this, say.report());
            case NodeEffect.SayBeat beat -> beat(beat);
            case NodeEffect.SayStopped stopped ->
                cluster.tellSupervisor(
                        this, new NodeReport.RanksStopped(processId, stopped.generation(), vault.held()));
            case NodeEffect.Open open -> {
                NodeReport ready = new NodeReport.NodeReady(processId, host, host + ":40000", "/dev/shm/" + processId);
                cluster.time()
                        .afterMs(chance.between(50, 800), () -> post(() -> deliver(new NodeCommand.Opened(ready))));
            }
            case NodeEffect.WarmUp warmUp -> cluster.trace("%s warms up", processId); // takes no time there
            case NodeEffect.StartRank start -> startRank(start);
            case NodeEffect.StopAllRanks stop -> List.copyOf(ranks.values()).forEach(SimRank::stop);
            case NodeEffect.WriteSlices write -> writeSlices(write);
            case NodeEffect.DropSnapshots drop -> vault.dropAll();
            case NodeEffect.Note note -> cluster.trace("%s notes: %s", processId, note.text());
            case NodeEffect.Warn warn -> cluster.trace("%s warns: %s", processId, warn.text());
            case NodeEffect.Kill killed -> {
                kill();
                cluster.exited(this, 137);
            }
            case NodeEffect.End end ->
                cluster.trace(
                        "%s ends with %d: %s",
                        processId, end.end().exitCode(), end.end().reason());
            case NodeEffect.Free free -> exit(free.end());
        }
        if (effect instanceof NodeEffect.End end && ranks.values().stream().anyMatch(SimRank::isStuck)) {
            exit(end.end()); // the main thread does not wait for ever
        }
    }

    private void beat(NodeEffect.SayBeat beat) {
        cluster.checks().held(processId, vault.snapshots());
        cluster.tellSupervisor(
                this,
                new NodeReport.Beat(
                        processId,
                        host,
                        beat.dataEndpoint(),
                        beat.driverDirectory(),
                        beat.generation(),
                        ranks.values().stream().map(SimRank::pulse).toList()));
    }

    private void startRank(NodeEffect.StartRank start) {
        SimMesh mesh = cluster.mesh(start.placement());
        SimRank rank = new SimRank(cluster, this, mesh, start.at(), start.rank());
        ranks.put(start.rank(), rank);
        mesh.join(rank);
    }

    void rankEnded(int rank) {
        ranks.remove(rank);
        deliver(new NodeCommand.RankStopped(rank));
    }

    private void writeSlices(NodeEffect.WriteSlices write) {
        List<ModelVault.Slice> pinned = vault.slices(write.snapshot());
        cluster.time()
                .afterMs(
                        cluster.disk().writeMs(),
                        () -> post(() -> {
                            NodeReport report;
                            try {
                                report = new NodeReport.SlicesWritten(
                                        processId, write.snapshot(), written(write, pinned));
                            } catch (RuntimeFailure e) {
                                report = new NodeReport.SlicesFailed(
                                        processId, write.snapshot(), String.valueOf(e.getMessage()));
                            }
                            deliver(new NodeCommand.SlowWorkDone(report));
                        }));
    }

    private List<WrittenSlice> written(NodeEffect.WriteSlices write, List<ModelVault.Slice> pinned) {
        if (cluster.disk().isFull() || pinned.isEmpty()) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    pinned.isEmpty() ? "snapshot must be held to be written" : "No space left on device");
        }
        List<WrittenSlice> written = new ArrayList<>();
        for (ModelVault.Slice slice : pinned) {
            if (slice.isOwn()) {
                written.add(cluster.disk()
                        .checkpoints()
                        .write(
                                write.directory(),
                                new SharedDirectory.SliceFile(slice.rank(), slice.worldSize(), slice.state())));
            }
        }
        return written;
    }

    private void exit(NodeEnd end) {
        if (isAlive) {
            kill();
            cluster.exited(this, end.exitCode());
        }
    }
}
