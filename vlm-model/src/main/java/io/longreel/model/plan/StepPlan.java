package io.longreel.model.plan;

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
            Groups alone = new Groups(
                    groups.mesh(),
                    groups.rank(),
                    PlanningCommunicator.like(groups.world()),
                    PlanningCommunicator.like(groups.sequence()),
                    PlanningCommunicator.like(groups.ring()),
                    PlanningCommunicator.like(groups.ulysses()));
            pass.run(new Workspace(new PlanningKernels(device), step, scratch), alone);
            return new StepPlan(step.peakBytes(), scratch.peakBytes());
        }
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
