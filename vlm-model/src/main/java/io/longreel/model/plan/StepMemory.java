package io.longreel.model.plan;

import io.longreel.model.Groups;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two arenas of a rank's steps. Each pass is planned first; when it needs more than any before it, the plan is logged and the arenas are made anew,
 * otherwise nothing is allocated. Owned by a rank's session.
 */
public final class StepMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepMemory.class);

    private final Kernels device;
    private final int rank;
    private StepPlan capacity = StepPlan.NONE;
    private TensorArena step = TensorArena.open("step", 0);
    private TensorArena scratch = TensorArena.open("scratch", 0);

    public StepMemory(Kernels device, int rank) {
        this.device = device;
        this.rank = rank;
    }

    /** An empty workspace in which {@code pass} fits exactly; what the previous one held is gone. */
    public Workspace reserve(Groups groups, StepPlan.Pass pass) {
        StepPlan plan = StepPlan.of(device, groups, pass);
        if (!plan.fits(capacity)) {
            capacity = capacity.grownTo(plan);
            LOG.info(
                    "memory.planned rank={} activationBytes={} scratchBytes={}",
                    rank,
                    capacity.activationBytes(),
                    capacity.scratchBytes());
            step.close();
            scratch.close();
            step = TensorArena.open("step", capacity.activationBytes());
            scratch = TensorArena.open("scratch", capacity.scratchBytes());
        }
        return again();
    }

    /** An empty workspace for what fits a pass that was reserved before: nothing is planned, and what does not fit throws. */
    public Workspace again() {
        step.reset();
        scratch.reset();
        return new Workspace(device, step, scratch);
    }

    /** The device that passes run on. */
    public Kernels device() {
        return device;
    }

    public StepPlan capacity() {
        return capacity;
    }

    @Override
    public void close() {
        step.close();
        scratch.close();
    }
}
