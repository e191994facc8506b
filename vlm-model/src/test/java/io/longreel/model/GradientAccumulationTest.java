package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A step on several micro-batches is the step on all their documents packed into one sequence: every labelled token counts the same, in
 * whichever micro-batch of whichever replica it is, however unevenly they are spread.
 */
class GradientAccumulationTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even/checkpoint");
    private static final ModelConfig CONFIG = VilaCheckpoint.readConfig(GOLDEN);
    private static final int IMAGE = CONFIG.imageToken();
    private static final double TOLERANCE = 2e-6;

    /**
     * With an epsilon far above every gradient the first step of AdamW is {@code w - lr g / epsilon} but for a share of {@code |g| / epsilon}, and
     * so shows gradients as they are.
     */
    private static final StageSettings STAGE = new StageSettings(
            "all",
            Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
            Optional.empty(),
            4096,
            new StageSettings.Optimizer(0.9, 0.95, 1e3, 0, 0),
            List.of(),
            Optional.empty());

    private static final double LEARNING_RATE = 1e5;

    /** Documents with 1, 23, 4 and 9 labels, two of them with frames. */
    private static final List<PackedBatch> DOCUMENTS =
            List.of(document(6, 2, 1), document(30, 0, 23), document(9, 0, 4), document(14, 5, 9));

    @TempDir
    Path directory;

    /** Report of the step, and all weights after it, one after the other. */
    private record Result(TrainSession.StepReport report, float[] weights) {}

    static Stream<Arguments> meshesAndStates() {
        return Stream.concat(
                Stream.of(new Mesh(1, 1, 1), new Mesh(1, 3, 1), new Mesh(1, 2, 2), new Mesh(3, 1, 1))
                        .map(mesh -> Arguments.of(mesh, State.OPTIMIZER)),
                Stream.of(State.values()).map(state -> Arguments.of(new Mesh(2, 1, 2), state)));
    }

    @ParameterizedTest
    @MethodSource("meshesAndStates")
    void shouldStepAsOnOnePackedSequenceWhenItIsGivenInMicroBatches(Mesh mesh, State state) {
        Result expected = run(Mesh.single(), State.OPTIMIZER, List.of(packed(DOCUMENTS)));
        Result actual = run(mesh, state, DOCUMENTS);
        assertEquals(expected.report().labelledTokens(), actual.report().labelledTokens());
        assertEquals(expected.report().tokens(), actual.report().tokens());
        assertClose(expected.report().loss(), actual.report().loss());
        assertClose(expected.report().gradientNorm(), actual.report().gradientNorm());
        double[] squares = {0, 0};
        float[] start = weights(GOLDEN);
        for (int i = 0; i < start.length; i++) {
            squares[0] += Math.pow(expected.weights()[i] - (double) actual.weights()[i], 2);
            squares[1] += Math.pow(expected.weights()[i] - (double) start[i], 2);
        }
        double difference = Math.sqrt(squares[0] / squares[1]);
        System.out.printf("accumulation mesh=%s state=%s relativeNorm=%g%n", mesh, state, difference);
        assertTrue(
                difference <= TOLERANCE,
                () -> "mesh=%s relative difference of the steps=%g".formatted(mesh, difference));
    }

    /** The control: the mean of the micro-batches' means, which is what frameworks train on by default, is another loss. */
    @Test
    void shouldDifferFromTheMeanOfMeansWhenLabelsAreUneven() {
        double loss = run(Mesh.single(), State.OPTIMIZER, DOCUMENTS).report().loss();
        double meanOfMeans = DOCUMENTS.stream()
                .mapToDouble(d ->
                        run(Mesh.single(), State.OPTIMIZER, List.of(d)).report().loss())
                .average()
                .orElseThrow();
        assertTrue(
                Math.abs(loss - meanOfMeans) > 1e-3 * loss,
                () -> "loss=%g meanOfMeans=%g".formatted(loss, meanOfMeans));
    }

    private static void assertClose(double expected, double actual) {
        assertEquals(expected, actual, TOLERANCE * expected);
    }

    /** One step; micro-batches go to the replicas in turn. */
    private Result run(Mesh mesh, State state, List<PackedBatch> batches) {
        ShardingSettings defaults = SessionOptions.DEFAULTS.sharding();
        SessionOptions options =
                SessionOptions.DEFAULTS.withSharding(new ShardingSettings(defaults.layout(), defaults.stages(), state));
        Path model = directory.resolve("model-%s-%s-%d".formatted(mesh, state, batches.size()));
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<TrainSession.StepReport> reports = RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(CONFIG, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(GOLDEN);
                    session.beginStage(STAGE);
                    int replica = mesh.dataOf(endpoint.rank());
                    List<PackedBatch> own = IntStream.range(0, batches.size())
                            .filter(i -> i % mesh.dataDegree() == replica)
                            .mapToObj(batches::get)
                            .toList();
                    TrainSession.StepReport report = session.step(own, LEARNING_RATE);
                    session.endStage();
                    session.exportModel(model);
                    return report;
                }
            });
            reports.forEach(report -> assertEquals(reports.getFirst(), report, "all ranks report the same"));
            assertTrue(reports.getFirst().applied());
            return new Result(reports.getFirst(), weights(model));
        }
    }

    private static float[] weights(Path model) {
        List<ParameterSpec> specs = ParameterSpec.of(CONFIG);
        try (TensorArena arena = TensorArena.open("weights", Parameters.sizeBytes(specs));
                VilaCheckpoint files = VilaCheckpoint.open(model)) {
            Parameters parameters = Parameters.allocate(specs, arena);
            parameters.flat().zero();
            files.load(parameters);
            return parameters.flat().toFloats();
        }
    }

    /** {@code frames} frames and text, {@code ids} in all, of which the last {@code labels} are predicted. */
    private static PackedBatch document(int ids, int frames, int labels) {
        int[] tokens = IntStream.range(0, ids)
                .map(i -> i >= 1 && i <= frames ? IMAGE : 3 + (i * 7 + ids) % 50)
                .toArray();
        int[] targets = IntStream.range(0, ids)
                .map(i -> i >= ids - labels ? tokens[i] : -100)
                .toArray();
        return PackedBatch.single(tokens, targets, IMAGE, new SyntheticFrames(frames, ids));
    }

    private static PackedBatch packed(List<PackedBatch> documents) {
        int[] bounds = new int[documents.size() + 1];
        for (int i = 0; i < documents.size(); i++) {
            bounds[i + 1] = bounds[i] + documents.get(i).ids().length;
        }
        return new PackedBatch(
                documents.stream().flatMapToInt(d -> Arrays.stream(d.ids())).toArray(),
                documents.stream().flatMapToInt(d -> Arrays.stream(d.labels())).toArray(),
                bounds,
                IMAGE,
                JoinedFrames.of(documents.stream().map(PackedBatch::frames).toList()));
    }
}
