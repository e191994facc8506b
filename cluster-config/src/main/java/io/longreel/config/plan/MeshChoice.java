package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;

/**
 * How the ranks are used.
 *
 * @param mesh data x ring x Ulysses
 * @param tensorDegree ranks that share each product (Megatron only); they are the innermost axis, inside the mesh's ranks
 * @param zeroStage what is cut over all ranks: 1 the optimizer's state, 2 gradients too, 3 weights too
 * @param recompute whether activations of layers are computed again in the backward pass
 */
public record MeshChoice(Mesh mesh, int tensorDegree, int zeroStage, boolean recompute) {
    public MeshChoice {
        PlanRules.positive("tensor", tensorDegree);
        PlanRules.require(
                zeroStage >= 1 && zeroStage <= 3, () -> "zero must be 1, 2 or 3, not %d".formatted(zeroStage));
    }

    public static MeshChoice of(Mesh mesh) {
        return new MeshChoice(mesh, 1, 3, false);
    }

    public int worldSize() {
        return mesh.worldSize() * tensorDegree;
    }

    /** Ranks that share one sequence. */
    public int sequenceRanks() {
        return mesh.spDegree() * tensorDegree;
    }
}
