package io.longreel.config;

import io.longreel.config.StageSettings.Part;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.MeshSearch;
import io.longreel.config.plan.ModelShape;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.VisionShape;
import io.longreel.config.plan.Workload;
import io.longreel.config.plan.Workload.Trains;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The mesh of a run that leaves it to the planner ({@code mesh = auto}): of those that its nodes, its model and its stages allow the one with which all its steps take the
 * least time, as {@link io.longreel.config.plan.CostModel} has it for this machine: as {@code plan calibrate} measured it, else with the preset's rates and a core for each rank. Pure but for the sizes of a checkpoint, which are read from its folder.
 */
public final class MeshPlanner {
    /** Tokens of a sample around its frames: the question, the answer and the template. */
    private static final int TEXT_TOKENS = 64;
    /** What a mesh that serves is chosen for: a prompt of a chunk. */
    private static final long PROMPT_TOKENS = 4096;

    private final ModelShape model;
    private final List<Weighted> work;
    private final OptionalInt zero;
    private final boolean recomputes;
    private final ClusterSpec device;
    private final Software software;

    /** A step, and how many of them a run has. */
    private record Weighted(Workload work, double steps) {}

    /** A mesh and what the run's steps cost on it. */
    private record Rated(Mesh mesh, double seconds, boolean fits) {}

    private MeshPlanner(
            ModelSettings model, ShardingSettings sharding, RecomputeSettings recompute, List<StageSettings> stages) {
        CalibrationFile.Measured here = CalibrationFile.here();
        this.device = here.cluster();
        this.software = here.software();
        this.model = shape(model);
        this.zero = OptionalInt.of(sharding.state().zeroStage());
        this.recomputes = recompute.isOn();
        this.work = stages.isEmpty()
                ? List.of(new Weighted(new Workload(PROMPT_TOKENS, 0, 1, new Trains(false, false, false)), 1))
                : stages.stream()
                        .flatMap(stage -> stage.phases().stream().flatMap(phase -> work(stage, phase)))
                        .toList();
    }

    /** Of a run that is being read; there is always a mesh, as the ring takes any number of ranks. */
    static Mesh choose(
            ModelSettings model,
            ShardingSettings sharding,
            RecomputeSettings recompute,
            List<StageSettings> stages,
            MeshAdvice advice) {
        MeshPlanner planner = new MeshPlanner(model, sharding, recompute, stages);
        return planner.best(
                new MeshAdvice(advice.nodes(), advice.ranksPerNode(), planner.model.heads(), advice.samples()));
    }

    /**
     * The meshes of a run over 1, 2, ... all of its nodes.
     *
     * @param advice what the whole cluster allows
     */
    public static List<Mesh> overNodes(RunConfig config, MeshAdvice advice) {
        MeshPlanner planner = new MeshPlanner(config.model(), config.sharding(), config.recompute(), config.stages());
        return IntStream.rangeClosed(1, advice.nodes())
                .mapToObj(nodes ->
                        planner.best(new MeshAdvice(nodes, advice.ranksPerNode(), advice.heads(), advice.samples())))
                .toList();
    }

    private Mesh best(MeshAdvice advice) {
        List<Mesh> allowed = advice.allowed();
        if (allowed.isEmpty()) {
            throw RuntimeFailure.config("a mesh must have at most %d ranks: cluster.nodes * cluster.ranks-per-node = %d"
                    .formatted(MeshAdvice.RANKS_MAX, advice.ranks()));
        }
        ClusterSpec cluster = device.withRanks(advice.ranks(), advice.ranksPerNode());
        return allowed.stream()
                .map(mesh -> rate(cluster, mesh))
                .min(Comparator.comparing((Rated rated) -> !rated.fits())
                        .thenComparingDouble(Rated::seconds)
                        .thenComparing(rated -> rated.mesh().inner()))
                .orElseThrow()
                .mesh();
    }

    private Rated rate(ClusterSpec cluster, Mesh mesh) {
        double seconds = 0;
        boolean fits = true;
        for (Weighted step : work) {
            MeshSearch search = new MeshSearch(model, cluster, software, step.work(), zero, Optional.of(recomputes));
            MeshSearch.Ranked ranked = search.rank(new MeshChoice(mesh, 1, zero.orElseThrow(), recomputes));
            seconds += step.steps() * ranked.cost().seconds();
            fits &= ranked.memory().fits();
        }
        return new Rated(mesh, seconds, fits);
    }

    private Stream<Weighted> work(StageSettings stage, Phase phase) {
        List<Workload> samples =
                samples(phase.source(), phase.samplesPerStep(), trains(stage), stage.contextTokensMax());
        return samples.stream().map(sample -> new Weighted(sample, (double) phase.steps() / samples.size()));
    }

    /** What of the model a stage trains, as the planner counts it: whatever of the decoder trains, gradients go through all of it. */
    public static Trains trains(StageSettings stage) {
        boolean decoder =
                stage.trainable().stream().anyMatch(part -> part != Part.VISION_TOWER && part != Part.PROJECTOR);
        return new Trains(stage.trains(Part.VISION_TOWER), stage.trains(Part.PROJECTOR), decoder);
    }

    /** The lengths that a source has, equally often. */
    private List<Workload> samples(Source source, int batch, Trains trains, int tokensMax) {
        int perFrame = model.vision().map(VisionShape::tokensPerFrame).orElse(1);
        return switch (source) {
            case Source.Captions captions -> List.of(video(1, perFrame, batch, trains));
            case Source.NeedleQuestions needles ->
                needles.frames().stream()
                        .map(frames -> video(frames, perFrame, batch, trains))
                        .toList();
            case Source.Passkeys passkeys ->
                List.of(
                        new Workload(passkeys.tokensMin(), 0, batch, trains),
                        new Workload(passkeys.tokensMax(), 0, batch, trains));
            case Source.Dataset dataset -> {
                long frames = Math.min(dataset.framesMax(), Math.max(1, (tokensMax - TEXT_TOKENS) / perFrame));
                yield List.of(video(frames, perFrame, batch, trains));
            }
        };
    }

    private Workload video(long frames, int perFrame, int batch, Trains trains) {
        return new Workload(frames * perFrame + TEXT_TOKENS, model.vision().isPresent() ? frames : 0, batch, trains);
    }

    private static ModelShape shape(ModelSettings model) {
        if (model.architecture().isPresent()) {
            return shape(model.architecture().orElseThrow());
        }
        if (model.checkpoint().isPresent()) {
            return PlanPresets.folder(model.checkpoint().orElseThrow());
        }
        Path llm = model.parts().orElseThrow().llm();
        return PlanPresets.folder(llm);
    }

    private static ModelShape shape(ModelSettings.Architecture architecture) {
        ModelSettings.Llm llm = architecture.llm();
        ModelSettings.Vision vision = architecture.vision();
        int side = vision.imageSize() / vision.patchSize();
        int layers = vision.selectLayer() < 0 ? vision.layers() + 1 + vision.selectLayer() : vision.selectLayer();
        return new ModelShape(
                "the run's",
                llm.hiddenSize(),
                llm.layers(),
                llm.heads(),
                llm.kvHeads(),
                Math.max(1, llm.hiddenSize() / llm.heads()),
                llm.intermediateSize(),
                llm.vocabularySize(),
                llm.tieEmbeddings(),
                Optional.of(new VisionShape(
                        vision.hiddenSize(),
                        vision.intermediateSize(),
                        Math.max(1, layers),
                        vision.heads(),
                        side * side,
                        3 * vision.patchSize() * vision.patchSize(),
                        architecture.tokensPerFrame(),
                        4 * vision.hiddenSize())));
    }
}
