package io.longreel.runtime.plan;

import io.longreel.config.CalibrationFile;
import io.longreel.config.MeshPlanner;
import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.Method;
import io.longreel.config.plan.ModelShape;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.StepCase;
import io.longreel.config.plan.StepCost;
import io.longreel.config.plan.VisionShape;
import io.longreel.config.plan.Workload;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.plan.PlanLine.Kind;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The time of a run's steps by the planner's formulas: one packed sequence, the longest of its phase, in each replica, on cores as {@code plan calibrate} measured them, or as plan/clusters.conf has them under this machine's name. An estimate, where
 * {@link MemoryPlan} is exact. Pure.
 */
public final class RunTimes {
    private final RunConfig config;
    private final ModelShape model;
    private final ClusterSpec cluster;
    private final Software software;
    private final Map<String, StageSettings> stages;

    private RunTimes(RunConfig config, ModelConfig model) {
        this.config = config;
        this.model = shape(model);
        CalibrationFile.Measured here = CalibrationFile.here();
        this.software = here.software();
        this.cluster = here.cluster()
                .withRanks(config.mesh().worldSize(), config.cluster().ranksPerNode());
        this.stages = config.stages().stream().collect(Collectors.toMap(StageSettings::name, Function.identity()));
    }

    public static RunTimes of(RunConfig config, ModelConfig model) {
        return new RunTimes(config, model);
    }

    /** Whether the rates are this machine's, of {@code plan calibrate}. */
    public boolean isMeasured() {
        return cluster.sharing().cores() > 0;
    }

    /** What a step of a phase takes; empty for tests, and where there is nothing to compute. */
    public Optional<StepCost> step(PlanLine line) {
        StageSettings stage = stages.get(line.stage());
        if (line.kind() != Kind.PHASE || line.tokens() == 0 || stage == null) {
            return Optional.empty();
        }
        Workload work =
                new Workload(line.tokens(), line.frames(), config.mesh().dataDegree(), MeshPlanner.trains(stage));
        MeshChoice choice = new MeshChoice(
                config.mesh(),
                1,
                config.sharding().state().zeroStage(),
                config.recompute().isOn());
        return Optional.of(CostModel.of(new StepCase(model, cluster, software, work, Method.TWO_D, choice)));
    }

    /** A model's sizes as the planner takes them. */
    static ModelShape shape(ModelConfig model) {
        ModelConfig.Llm llm = model.llm();
        ModelConfig.Vision vision = model.vision();
        return new ModelShape(
                "the run's model",
                llm.hiddenSize(),
                llm.layers(),
                llm.heads(),
                llm.kvHeads(),
                llm.hiddenSize() / llm.heads(),
                llm.intermediateSize(),
                llm.vocabularySize(),
                llm.tieEmbeddings(),
                Optional.of(new VisionShape(
                        vision.hiddenSize(),
                        vision.intermediateSize(),
                        Math.max(1, vision.usedLayers()),
                        vision.heads(),
                        vision.patches(),
                        3 * vision.patchSize() * vision.patchSize(),
                        model.tokensPerFrame(),
                        4 * vision.hiddenSize())));
    }
}
