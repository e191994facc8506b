package io.longreel.runtime.supervisor;

import io.longreel.config.MeshPlanner;
import io.longreel.config.RecoverySettings;
import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The part of a run's configuration that the supervisor decides on, and where the run begins. Never changes while the
 * run lives.
 *
 * @param heads query heads of the model, the largest Ulysses degree
 * @param samplesMin fewest samples of a step, the largest data degree
 * @param configText the whole configuration, for nodes that join
 * @param runToken drawn at random, by which the processes of the run know each other
 * @param runDirectory absolute path, for commands and messages
 * @param allowsKills whether somebody may have the process of a rank killed
 * @param plannedMeshes what the planner chooses over 1, 2, ... all nodes; empty where the mesh is the user's
 */
public record JobPlan(
        String name,
        Mesh mesh,
        int nodes,
        int ranksPerNode,
        int commitWindow,
        int checkpointEverySteps,
        long joinTimeoutMs,
        RecoverySettings recovery,
        int heads,
        int samplesMin,
        String configText,
        long runToken,
        String runDirectory,
        List<StagePlan> stages,
        Start start,
        boolean allowsKills,
        List<Mesh> plannedMeshes) {

    public JobPlan {
        stages = List.copyOf(stages);
        plannedMeshes = List.copyOf(plannedMeshes);
        if (nodes * ranksPerNode != mesh.worldSize() || commitWindow < 1) {
            throw new IllegalArgumentException(
                    "a plan needs ranks for its mesh and a window: nodes=%d ranksPerNode=%d mesh=%s commitWindow=%d"
                            .formatted(nodes, ranksPerNode, mesh, commitWindow));
        }
        int first = stages.isEmpty() ? 0 : stages.get(start.position().stage()).steps();
        if (start.position().step() > first) {
            throw new IllegalArgumentException("a run cannot start behind the end of a stage: step=%d steps=%d"
                    .formatted(start.position().step(), first));
        }
    }

    /**
     * One stage as the supervisor sees it.
     *
     * @param exports whether it leaves its model when it is over; the last one's is the run's
     */
    public record StagePlan(String name, int steps, Optional<Needle> evaluation, boolean exports) {
        static StagePlan of(StageSettings stage) {
            return new StagePlan(stage.name(), stage.steps(), stage.evaluation(), stage.exports());
        }
    }

    /**
     * Where the run begins.
     *
     * @param generation of its first mesh incarnation, higher than any that the run has had before
     * @param checkpoint directory to restore; empty: new weights, and the position is the very start
     * @param evaluatedStages stages whose results are already on disk
     * @param skippedSteps steps, counted from 0 over the run, whose samples were found to be harmful
     */
    public record Start(
            int generation,
            Position position,
            Optional<String> checkpoint,
            Set<Integer> evaluatedStages,
            Set<Long> skippedSteps) {
        public Start {
            evaluatedStages = Set.copyOf(evaluatedStages);
            skippedSteps = Set.copyOf(skippedSteps);
            if (checkpoint.isEmpty() && !position.equals(Position.START)) {
                throw new IllegalArgumentException("only a checkpoint can start behind the first step: " + position);
            }
        }

        public static Start fresh(int generation) {
            return new Start(generation, Position.START, Optional.empty(), Set.of(), Set.of());
        }
    }

    /**
     * @param heads query heads of the model, which a checkpoint knows better than the configuration
     */
    public static JobPlan of(
            RunConfig config, int heads, String configText, long runToken, String runDirectory, Start start) {
        int samplesMin = config.stages().stream()
                .flatMap(stage -> stage.phases().stream())
                .mapToInt(StageSettings.Phase::samplesPerStep)
                .min()
                .orElse(1);
        return new JobPlan(
                config.name(),
                config.mesh(),
                config.cluster().nodes(),
                config.cluster().ranksPerNode(),
                config.cluster().commitWindow(),
                config.checkpoint().everySteps(),
                config.cluster().joinTimeout().toMillis(),
                config.recovery(),
                heads,
                samplesMin,
                configText,
                runToken,
                runDirectory,
                config.stages().stream().map(StagePlan::of).toList(),
                start,
                config.dashboard().chaos(),
                config.meshPlanned()
                        ? MeshPlanner.overNodes(
                                config,
                                new MeshAdvice(
                                        config.cluster().nodes(),
                                        config.cluster().ranksPerNode(),
                                        heads,
                                        samplesMin))
                        : List.of());
    }

    /** Whether the ranks answer questions instead of training. */
    boolean serves() {
        return stages.isEmpty();
    }

    StagePlan stage(Position position) {
        return stages.get(position.stage());
    }

    /** The position behind {@code step} steps of a stage. */
    Position position(int stage, int step) {
        return new Position(
                stage,
                step,
                stages.subList(0, stage).stream().mapToLong(StagePlan::steps).sum() + step);
    }

    /** The mesh over fewer nodes: what the planner chooses, or the one nearest to what the user wants. */
    Optional<Mesh> meshOver(int fewerNodes) {
        if (!plannedMeshes.isEmpty()) {
            return Optional.of(plannedMeshes.get(fewerNodes - 1));
        }
        return new MeshAdvice(fewerNodes, ranksPerNode, heads, samplesMin)
                .nearest(mesh).stream().findFirst();
    }

    /** Steps of the whole run. */
    public long totalSteps() {
        return stages.stream().mapToLong(StagePlan::steps).sum();
    }

    /** Name of the checkpoint of a position: unique, and sorted as the positions are. */
    public static String checkpointName(Position position) {
        return "step-%08d".formatted(position.globalStep());
    }

    String checkpointDirectory(Position position) {
        return runDirectory + "/checkpoints/" + checkpointName(position);
    }

    /** Where a stage leaves its model. */
    String modelDirectory(int stage) {
        return runDirectory + "/models/" + stages.get(stage).name();
    }

    /** Where the run leaves its model. */
    String modelDirectory() {
        return runDirectory + "/model";
    }

    /** What the user types to go on. */
    public String resumeCommand() {
        return "bin/longreel resume " + runDirectory;
    }
}
