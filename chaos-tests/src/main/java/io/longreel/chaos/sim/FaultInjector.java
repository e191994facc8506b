package io.longreel.chaos.sim;

import io.longreel.runtime.protocol.NodeCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Makes the faults of a schedule happen. */
final class FaultInjector {
    private final SimCluster cluster;
    private int fired;

    FaultInjector(SimCluster cluster) {
        this.cluster = cluster;
    }

    void arm() {
        for (Fault fault : cluster.schedule().faults()) {
            cluster.time().afterMs(fault.atMs(), () -> strike(fault));
        }
    }

    /** Faults that met something. */
    int fired() {
        return fired;
    }

    private void strike(Fault fault) {
        cluster.trace("fault: %s", fault);
        switch (fault) {
            case Fault.Crash crash -> {
                on(crash.host(), node -> {
                    node.kill();
                    cluster.exited(node, 137);
                });
                again(crash.host(), crash.againMs());
            }
            case Fault.Pause pause ->
                on(pause.host(), node -> {
                    node.pause();
                    cluster.time().afterMs(pause.forMs(), node::resume);
                });
            case Fault.Cut cut -> cut(cut);
            case Fault.Slow slow ->
                on(slow.host(), node -> {
                    node.slow(slow.factor());
                    cluster.time().afterMs(slow.forMs(), () -> node.slow(1));
                });
            case Fault.Stick stick ->
                on(
                        stick.host(),
                        node -> node.ranks().values().stream().findFirst().ifPresent(SimRank::stick));
            case Fault.LoseFrame lose ->
                on(
                        lose.host(),
                        node -> node.ranks().values().stream()
                                .findFirst()
                                .ifPresent(rank -> rank.fail("a frame was damaged")));
            case Fault.FullDisk full -> {
                fired++;
                cluster.disk().fill(1);
                cluster.time().afterMs(full.forMs(), () -> cluster.disk().fill(-1));
            }
            case Fault.SlowDisk slow -> {
                fired++;
                cluster.disk().slow(slow.factor());
                cluster.time().afterMs(slow.forMs(), () -> cluster.disk().slow(1));
            }
            case Fault.Leave leave -> {
                on(leave.host(), node -> node.post(() -> node.deliver(new NodeCommand.LeaveAsked("SIGTERM"))));
                again(leave.host(), leave.againMs());
            }
            case Fault.Join join -> {
                fired++;
                cluster.startProcess(join.host());
            }
            case Fault.NotFinite step -> fired++;
            case Fault.FlipBit step -> fired++;
            case Fault.CorruptSnapshots corrupt -> {
                for (SimNode node : cluster.nodes()) {
                    fired += node.vault().corruptNewest() ? 1 : 0;
                }
            }
            case Fault.SupervisorCrash crash -> {
                fired++;
                SimSupervisor killed = cluster.current();
                killed.kill();
                cluster.nodeOn(killed.host()).ifPresent(node -> {
                    node.kill();
                    cluster.exited(node, 137);
                    again(node.host(), crash.takeoverMs());
                });
                cluster.time().afterMs(crash.takeoverMs(), cluster::takeOver);
            }
            case Fault.SupervisorPause pause -> {
                fired++;
                SimSupervisor stopped = cluster.current();
                stopped.pause();
                cluster.time().afterMs(pause.takeoverMs(), () -> {
                    if (stopped == cluster.current() && stopped.isPaused()) {
                        cluster.takeOver();
                    }
                });
                cluster.time().afterMs(pause.forMs(), stopped::resume);
            }
        }
    }

    private void on(String host, Consumer<SimNode> act) {
        cluster.nodeOn(host).ifPresent(node -> {
            fired++;
            act.accept(node);
        });
    }

    private void again(String host, long afterMs) {
        if (afterMs >= 0) {
            cluster.time().afterMs(afterMs, () -> startWhenFree(host));
        }
    }

    /** Who was asked to leave may still be there. */
    private void startWhenFree(String host) {
        if (cluster.nodeOn(host).isPresent()) {
            if (cluster.ending().isEmpty()) {
                cluster.time().afterMs(500, () -> startWhenFree(host));
            }
        } else {
            cluster.startProcess(host);
        }
    }

    private void cut(Fault.Cut cut) {
        List<String> peers = cut.peer().isEmpty() ? others(cut.host()) : List.of(cut.peer());
        fired++;
        each(cut, peers, (from, to) -> cluster.wires().cut(from, to, cut.loss()));
        cluster.time()
                .afterMs(
                        cut.forMs(),
                        () -> each(cut, peers, (from, to) -> cluster.wires().mend(from, to)));
    }

    private void each(Fault.Cut cut, List<String> peers, BiConsumer<String, String> wire) {
        for (String peer : peers) {
            if (peer.equals(cut.host())) {
                continue;
            }
            if (cut.direction() != Fault.Direction.TO) {
                wire.accept(cut.host(), peer);
            }
            if (cut.direction() != Fault.Direction.FROM) {
                wire.accept(peer, cut.host());
            }
        }
    }

    private List<String> others(String host) {
        List<String> hosts = new ArrayList<>();
        hosts.add("seed");
        cluster.nodes().stream().map(SimNode::host).distinct().forEach(hosts::add);
        hosts.remove(host);
        return List.copyOf(hosts);
    }
}
