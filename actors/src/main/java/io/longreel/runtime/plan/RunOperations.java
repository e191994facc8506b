package io.longreel.runtime.plan;

import io.longreel.config.CalibrationFile;
import io.longreel.config.MeshPlanner;
import io.longreel.config.RunConfig;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.ModelShape;
import io.longreel.config.plan.Workload.Trains;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.supervisor.CommittedStep;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The operations of a run's steps by the planner's formulas, from what the ranks counted of their samples: exact but for norms and the optimizer, and for what a
 * mask other than the causal one hides. The peak is this machine's, where {@code plan calibrate} has measured it. Immutable, any thread.
 */
public final class RunOperations implements StepWork {
    private final ModelShape model;
    private final List<Trains> trains;
    private final OptionalDouble peakPerRank;

    private RunOperations(ModelShape model, List<Trains> trains, OptionalDouble peakPerRank) {
        this.model = model;
        this.trains = trains;
        this.peakPerRank = peakPerRank;
    }

    public static RunOperations of(RunConfig config, ModelConfig model) {
        ClusterSpec here = CalibrationFile.here().cluster();
        boolean isMeasured = here.sharing().cores() > 0;
        return new RunOperations(
                RunTimes.shape(model),
                config.stages().stream().map(MeshPlanner::trains).toList(),
                isMeasured ? OptionalDouble.of(here.hardware().peakFlops()) : OptionalDouble.empty());
    }

    @Override
    public OptionalDouble operations(CommittedStep step) {
        double squared = step.ranks().stream()
                .map(StepFinished::usage)
                .mapToDouble(usage -> usage.squaredTokens())
                .sum();
        if (squared == 0) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(CostModel.modelFlops(
                model,
                trains.get(step.position().stage()),
                (double) step.result().tokens(),
                squared,
                step.data().framesEncoded()));
    }

    @Override
    public OptionalDouble peakPerRank() {
        return peakPerRank;
    }
}
