package io.longreel.transport;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import java.util.List;
import java.util.stream.IntStream;

/** Placements for worlds whose sites do not matter. */
final class Placements {
    private Placements() {}

    static Placement local(int generation, Mesh mesh) {
        List<RankSite> sites = IntStream.range(0, mesh.worldSize())
                .mapToObj(rank -> new RankSite(rank, "local", "local", "", ""))
                .toList();
        return new Placement(generation, mesh, sites);
    }
}
