package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.LengthSearch;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.MeshSearch;
import io.longreel.config.plan.MeshSearch.Ranked;
import io.longreel.config.plan.PlanDescription;
import io.longreel.config.plan.StepCase;
import io.longreel.config.topology.Mesh;
import java.util.Optional;

/**
 * What the planner says to a question: all meshes, and the one that is told in full.
 *
 * @param chosen the mesh that was asked for, with its best ZeRO stage; else the fastest that fits; else the one that lacks least
 */
record PlanAnswer(PlanDescription asked, MeshSearch.Result meshes, Ranked chosen) {

    static PlanAnswer of(PlanDescription asked) {
        MeshSearch search = asked.search();
        MeshSearch.Result meshes = search.run();
        Optional<Mesh> mesh = asked.mesh();
        if (mesh.isPresent()) {
            search.brokenRule(mesh.orElseThrow()).ifPresent(rule -> {
                throw RuntimeFailure.config("the mesh %s is not allowed: %s".formatted(mesh.orElseThrow(), rule));
            });
        }
        Ranked chosen = meshes.ranked().stream()
                .filter(r -> mesh.isEmpty() || r.choice().mesh().equals(mesh.orElseThrow()))
                .findFirst()
                .orElseGet(() -> search.rank(new MeshChoice(
                        mesh.orElseThrow(() -> RuntimeFailure.config("no mesh is allowed: gpus=%d"
                                .formatted(asked.cluster().gpus()))),
                        1,
                        asked.zero().orElse(3),
                        asked.recompute().orElse(false))));
        return new PlanAnswer(asked, meshes, chosen);
    }

    StepCase step(Ranked ranked) {
        return asked.search().step(ranked.choice());
    }

    double tokensPerSecond(Ranked ranked) {
        return asked.work().batch()
                * (double) asked.work().tokens()
                / ranked.cost().seconds();
    }

    double mfu(Ranked ranked) {
        return CostModel.mfu(step(ranked), ranked.cost().seconds());
    }

    long longest(Ranked ranked) {
        return LengthSearch.largest(step(ranked));
    }
}
