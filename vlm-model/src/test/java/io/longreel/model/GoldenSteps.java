package io.longreel.model;

import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Training of a golden model on a mesh in this process, on four packed sequences per step that the replicas share: one document with media, a text,
 * both packed, and the document with other labels.
 */
final class GoldenSteps {
    /** Everything trains. */
    static final StageSettings FULL = stage(Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM), Optional.empty());

    /** Adapters, norms and embedding train. */
    static final StageSettings ADAPTERS =
            stage(Set.of(Part.LORA, Part.NORMS, Part.EMBEDDING), Optional.of(new StageSettings.Lora(4, 8)));

    static final double LEARNING_RATE = 1e-3;

    /** Rates of parts, all different. */
    static final LearningRates BY_PART = new LearningRates(
            LEARNING_RATE,
            Map.of(
                    Part.VISION_TOWER, 2e-3,
                    Part.PROJECTOR, 4e-3,
                    Part.LLM, 5e-4,
                    Part.NORMS, 8e-3,
                    Part.EMBEDDING, 3e-3));

    private final Path golden;
    private final StageSettings stage;
    private final int steps;
    private final Path directory;
    private final boolean packed;
    private final int microBatches;

    /** What a run left: reports of each step, and every weight by its name. */
    record Result(List<TrainSession.StepReport> reports, Map<String, float[]> weights) {}

    /** @param directory where models may be written */
    GoldenSteps(String name, StageSettings stage, int steps, Path directory) {
        this(name, stage, steps, directory, true, Integer.MAX_VALUE);
    }

    private GoldenSteps(String name, StageSettings stage, int steps, Path directory, boolean packed, int microBatches) {
        this.packed = packed;
        this.microBatches = microBatches;
        this.golden = Path.of("src/test/resources/golden", name);
        this.stage = stage;
        this.steps = steps;
        this.directory = directory;
    }

    /** The same documents, each in a sequence of its own. */
    GoldenSteps unpacked() {
        return new GoldenSteps(golden.getFileName().toString(), stage, steps, directory, false, microBatches);
    }

    /** Only the first sequences of a step, in all replicas together. */
    GoldenSteps first(int newMicroBatches) {
        return new GoldenSteps(golden.getFileName().toString(), stage, steps, directory, packed, newMicroBatches);
    }

    Result run(Mesh mesh, SessionOptions options) {
        return run(mesh, options, LinkFault.NONE);
    }

    Result run(Mesh mesh, SessionOptions options, LinkFault fault) {
        ModelConfig config = VilaCheckpoint.readConfig(golden.resolve("checkpoint"));
        List<PackedBatch> batches = batches(config);
        Path model = fresh();
        try (InProcessTransport transport =
                InProcessTransport.open(Placement.inProcess(mesh), Duration.ofMinutes(2), fault, System::nanoTime)) {
            List<List<TrainSession.StepReport>> reports = RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(golden.resolve("checkpoint"));
                    session.beginStage(stage);
                    List<PackedBatch> own = share(batches, mesh, endpoint);
                    List<TrainSession.StepReport> made = IntStream.range(0, steps)
                            .mapToObj(step -> session.step(own, rates(stage, step)))
                            .toList();
                    session.endStage();
                    session.exportModel(model);
                    return made;
                }
            });
            for (List<TrainSession.StepReport> rank : reports) {
                if (!rank.equals(reports.getFirst())) {
                    throw new AssertionError(
                            "ranks must report the same: %s and %s".formatted(reports.getFirst(), rank));
                }
            }
            return new Result(reports.getFirst(), weights(model));
        }
    }

    /** What a stage's own phase says, or one rate for everything. */
    static LearningRates rates(StageSettings stage, int step) {
        return stage.phases().isEmpty()
                ? LearningRates.of(LEARNING_RATE)
                : stage.phases().getFirst().learningRatesAt(step);
    }

    private List<PackedBatch> share(List<PackedBatch> batches, Mesh mesh, RankEndpoint endpoint) {
        int data = mesh.dataOf(endpoint.rank());
        return IntStream.range(0, Math.min(microBatches, batches.size()))
                .filter(i -> i % mesh.dataDegree() == data)
                .mapToObj(batches::get)
                .toList();
    }

    private List<PackedBatch> batches(ModelConfig config) {
        PackedBatch document =
                BatchFile.read(golden.resolve("batch.safetensors"), config).packed();
        int[] textIds = IntStream.range(3, 40).toArray();
        int[] textLabels =
                Arrays.stream(textIds).map(id -> id % 5 == 0 ? -100 : id).toArray();
        PackedBatch text = PackedBatch.single(textIds, textLabels, config.imageToken(), FrameSource.NONE);
        int[] otherLabels = Arrays.stream(document.labels())
                .map(label -> label == -100 ? -100 : (label + 7) % 200)
                .toArray();
        PackedBatch relabelled =
                PackedBatch.single(document.ids(), otherLabels, config.imageToken(), document.frames());
        if (!packed) {
            return List.of(document, text, text, relabelled, relabelled);
        }
        PackedBatch both = new PackedBatch(
                joined(textIds, document.ids()),
                joined(textLabels, otherLabels),
                new int[] {0, textIds.length, textIds.length + document.ids().length},
                config.imageToken(),
                document.frames());
        return List.of(document, text, both, relabelled);
    }

    private Path fresh() {
        try {
            return Files.createTempDirectory(directory, "run").resolve("model");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every weight of a model by its file and name. */
    static Map<String, float[]> weights(Path model) {
        Map<String, float[]> weights = new TreeMap<>();
        try (Stream<Path> files = Files.walk(model)) {
            List<Path> tensors = files.filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
            for (Path file : new ArrayList<>(tensors)) {
                try (SafetensorsFile open = SafetensorsFile.open(file)) {
                    for (String name : open.entries().keySet()) {
                        weights.put(model.relativize(file) + ":" + name, open.floats(name));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return weights;
    }

    private static int[] joined(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    /** A stage with one phase, without warm-up and decay, at these rates. */
    static StageSettings at(LearningRates rates, StageSettings stage) {
        return new StageSettings(
                stage.name(),
                stage.trainable(),
                stage.lora(),
                stage.contextTokensMax(),
                stage.optimizer(),
                List.of(new StageSettings.Phase(
                        "phase",
                        1,
                        1,
                        rates,
                        StageSettings.Schedule.CONSTANT,
                        0,
                        1,
                        StageSettings.Rope.UNCHANGED,
                        new StageSettings.Source.Captions())),
                stage.evaluation());
    }

    static StageSettings stage(Set<Part> parts, Optional<StageSettings.Lora> lora) {
        return new StageSettings(
                "steps",
                parts,
                lora,
                4096,
                new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.01, 1.0),
                List.of(),
                Optional.empty());
    }
}
