package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Transport nodes in one JVM, each in the part of a process. A layout says for every rank where it lives: {@code "A0 A1 B0"} puts ranks 0 and 1 into
 * two processes of node A and rank 2 into another node.
 */
final class NodesWorld implements World {
    private final List<TransportNode> nodes = new ArrayList<>();
    private final List<RankEndpoint> endpoints = new ArrayList<>();

    private NodesWorld() {}

    static NodesWorld open(
            TransportSettings settings, Path base, int generation, Mesh mesh, List<String> layout, LinkFault fault) {
        NodesWorld world = new NodesWorld();
        List<String> processes = layout.stream().distinct().toList();
        for (String process : processes) {
            int sibling = siblingOf(processes.subList(0, world.nodes.size()), process);
            world.nodes.add(
                    sibling < 0
                            ? TransportNode.open(settings, "127.0.0.1", base, fault, System::nanoTime)
                            : TransportNode.attach(
                                    settings,
                                    "127.0.0.1",
                                    Path.of(world.nodes.get(sibling).driverDirectory()),
                                    fault,
                                    System::nanoTime));
        }
        List<RankSite> sites = new ArrayList<>();
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            String process = layout.get(rank);
            TransportNode node = world.nodes.get(processes.indexOf(process));
            sites.add(
                    new RankSite(rank, process.substring(0, 1), process, node.dataEndpoint(), node.driverDirectory()));
        }
        Placement placement = new Placement(generation, mesh, sites);
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            world.endpoints.add(
                    world.nodes.get(processes.indexOf(layout.get(rank))).openUnconnected(placement, rank));
        }
        return world;
    }

    @Override
    public List<RankEndpoint> endpoints() {
        return endpoints;
    }

    @Override
    public void close() {
        // Attached nodes go before the one whose driver they use.
        nodes.reversed().forEach(TransportNode::close);
    }

    private static int siblingOf(List<String> processes, String process) {
        for (int i = 0; i < processes.size(); i++) {
            if (processes.get(i).charAt(0) == process.charAt(0)) {
                return i;
            }
        }
        return -1;
    }
}
