package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Transport nodes in one JVM, each in the part of a process. A layout says for every rank where it lives: {@code "A0 A1 B0"} puts ranks 0 and 1 into
 * two processes of node A and rank 2 into another node. Processes stay over any number of generations; what a layout names and is not there is
 * started.
 */
final class NodesWorld implements World {
    private final TransportSettings settings;
    private final Path base;
    private final LinkFault fault;
    private final Map<String, TransportNode> processes = new LinkedHashMap<>();
    private final List<RankEndpoint> endpoints = new ArrayList<>();

    private NodesWorld(TransportSettings settings, Path base, LinkFault fault) {
        this.settings = settings;
        this.base = base;
        this.fault = fault;
    }

    static NodesWorld empty(TransportSettings settings, Path base) {
        return new NodesWorld(settings, base, LinkFault.NONE);
    }

    static NodesWorld open(
            TransportSettings settings, Path base, int generation, Mesh mesh, List<String> layout, LinkFault fault) {
        NodesWorld world = new NodesWorld(settings, base, fault);
        world.openGeneration(generation, mesh, layout);
        return world;
    }

    /** Endpoints of the next generation, which do not wait for each other yet; those before stay as they are. */
    List<RankEndpoint> openGeneration(int generation, Mesh mesh, List<String> layout) {
        layout.forEach(this::start);
        List<RankSite> sites = new ArrayList<>();
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            String process = layout.get(rank);
            TransportNode node = process(process);
            sites.add(
                    new RankSite(rank, process.substring(0, 1), process, node.dataEndpoint(), node.driverDirectory()));
        }
        Placement placement = new Placement(generation, mesh, sites);
        endpoints.clear();
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            endpoints.add(process(layout.get(rank)).openUnconnected(placement, rank));
        }
        return List.copyOf(endpoints);
    }

    TransportNode process(String name) {
        return Objects.requireNonNull(processes.get(name), name);
    }

    /** Ends a process. */
    void lose(String name) {
        process(name).close();
        processes.remove(name);
    }

    @Override
    public List<RankEndpoint> endpoints() {
        return endpoints;
    }

    @Override
    public void close() {
        // Attached nodes go before the one whose driver they use.
        List.copyOf(processes.values()).reversed().forEach(TransportNode::close);
    }

    /** The first process of a node runs its driver. */
    void start(String name) {
        if (processes.containsKey(name)) {
            return;
        }
        TransportNode host = processes.entrySet().stream()
                .filter(other -> other.getKey().charAt(0) == name.charAt(0))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        processes.put(
                name,
                host == null
                        ? TransportNode.open(settings, "127.0.0.1", base, fault, System::nanoTime)
                        : TransportNode.attach(
                                settings, "127.0.0.1", Path.of(host.driverDirectory()), fault, System::nanoTime));
    }
}
