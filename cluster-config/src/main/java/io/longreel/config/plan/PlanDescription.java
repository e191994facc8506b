package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What somebody asks the planner.
 *
 * @param gpu name of the devices
 * @param stage name of what trains
 * @param mesh that must be taken; empty: the best
 * @param zero stage that must be taken
 * @param recompute whether layers must be computed again
 */
public record PlanDescription(
        ModelShape model,
        String gpu,
        ClusterSpec cluster,
        Software software,
        String stage,
        Workload work,
        Optional<Mesh> mesh,
        OptionalInt zero,
        Optional<Boolean> recompute) {

    public MeshSearch search() {
        return new MeshSearch(model, cluster, software, work, zero, recompute);
    }
}
