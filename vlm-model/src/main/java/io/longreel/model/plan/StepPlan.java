package io.longreel.model.plan;

import io.longreel.config.topology.Mesh;
import io.longreel.model.Groups;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;

/**
 * Bytes that one pass takes at its peak.
 *
 * @param activationBytes in the step arena
 * @param scratchBytes in the scratch arena
 */
public record StepPlan(long activationBytes, long scratchBytes) {
    /** Nothing. */
    public static final StepPlan NONE = new StepPlan(0, 0);

    /** Code of a pass: forward, or forward and backward. It must touch tensors through kernels only. */
    public interface Pass {
        void run(Workspace workspace, Groups groups);
    }

    /** Runs the pass without memory and without peers. */
    public static StepPlan of(Kernels device, Groups groups, Pass pass) {
        try (TensorArena step = TensorArena.planning("step-plan");
                TensorArena scratch = TensorArena.planning("scratch-plan")) {
            pass.run(new Workspace(idle(device), step, scratch), alone(groups.mesh(), groups.rank()));
            return new StepPlan(step.peakBytes(), scratch.peakBytes());
        }
    }

    /** The groups of a rank that has no peers: their exchanges do nothing. */
    public static Groups alone(Mesh mesh, int rank) {
        return new Groups(
                mesh,
                rank,
                PlanningCommunicator.of(mesh.worldGroup(), rank),
                PlanningCommunicator.of(mesh.sequenceGroup(rank), rank),
                PlanningCommunicator.of(mesh.ringGroup(rank), rank),
                PlanningCommunicator.of(mesh.ulyssesGroup(rank), rank));
    }

    /** Kernels that compute nothing and touch no tensor, with the scratch needs of {@code device}. */
    public static Kernels idle(Kernels device) {
        return new PlanningKernels(device);
    }

    /** Room for {@code needed}; what must grow grows by half at least, because giving an arena up is dear. */
    public StepPlan grownTo(StepPlan needed) {
        return new StepPlan(grown(activationBytes, needed.activationBytes), grown(scratchBytes, needed.scratchBytes));
    }

    private static long grown(long capacity, long needed) {
        return needed <= capacity ? capacity : Math.max(needed, capacity + capacity / 2);
    }

    public boolean fits(StepPlan capacity) {
        return activationBytes <= capacity.activationBytes && scratchBytes <= capacity.scratchBytes;
    }
}
