package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.AttentionSettings;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.Span;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images, videos and texts packed into one sequence give the loss and every gradient that the same documents give one by one on one rank: packing,
 * sharding and redistribution change nothing, whatever is where.
 */
class PackedMediaTest {
    private static final Path CHECKPOINT = Path.of("src/test/resources/golden/gqa-even/checkpoint");
    private static final ModelConfig CONFIG = VilaCheckpoint.readConfig(CHECKPOINT);
    private static final int VIDEO = CONFIG.imageToken() + 1;
    private static final MediaSplice SPLICE = new MediaSplice(CONFIG.imageToken(), VIDEO, List.of(3));
    private static final double TOLERANCE = 1e-5;

    /** Summed loss and, parameter after parameter, the gradients of the sum. */
    private record Result(double loss, double[] gradients) {}

    static Stream<Arguments> meshesAndOptions() {
        List<SessionOptions> options = Stream.of(AttentionSettings.Mask.CAUSAL, AttentionSettings.Mask.PREFIX_LM)
                .flatMap(mask -> Stream.of(
                        sharded(mask, Layout.ZIGZAG, Stages.TWO),
                        sharded(mask, Layout.STRIPED, Stages.TWO),
                        sharded(mask, Layout.CONTIGUOUS, Stages.ONE)))
                .toList();
        return Stream.of(new Mesh(1, 1, 1), new Mesh(1, 2, 2), new Mesh(1, 3, 2, Inner.RING), new Mesh(1, 7, 1))
                .flatMap(mesh -> options.stream().map(o -> Arguments.of(mesh, o)));
    }

    @ParameterizedTest
    @MethodSource("meshesAndOptions")
    void shouldEqualItsDocumentsOneByOne(Mesh mesh, SessionOptions options) {
        List<PackedBatch> documents = List.of(
                document(new int[] {1, CONFIG.imageToken(), 5, 6, VIDEO, 7, 8, 9}, 1, new int[] {3}, 11),
                document(new int[] {2, 4, 6, 8, 10, 12}, 0, new int[0], 12),
                document(new int[] {VIDEO, VIDEO, 9, CONFIG.imageToken(), 1}, 1, new int[] {1, 5}, 13),
                document(new int[] {15}, 0, new int[0], 14));
        Result whole = run(mesh, options, packed(documents));
        double loss = 0;
        double[] gradients = new double[whole.gradients().length];
        for (PackedBatch document : documents) {
            Result one = run(Mesh.single(), options, document);
            loss += one.loss();
            Arrays.setAll(gradients, i -> gradients[i] + one.gradients()[i]);
        }
        assertEquals(loss, whole.loss(), TOLERANCE * loss);
        assertClose(gradients, whole.gradients());
    }

    @ParameterizedTest
    @MethodSource("meshesAndOptions")
    void shouldTakeASequenceWithoutMediaAndRanksWithoutLabelsOrRows(Mesh mesh, SessionOptions options) {
        PackedBatch text = document(new int[] {1, 2, 3, 4, 5}, 0, new int[0], 21);
        int[] onlyFirst = {-100, 2, -100, -100, -100};
        PackedBatch fewLabels =
                new PackedBatch(text.ids(), onlyFirst, text.cuSeqlens(), text.imageToken(), text.frames());
        Result expected = run(Mesh.single(), options, fewLabels);
        Result actual = run(mesh, options, fewLabels);
        assertTrue(expected.loss() > 0);
        assertEquals(expected.loss(), actual.loss(), TOLERANCE * expected.loss());
        assertClose(expected.gradients(), actual.gradients());
    }

    @Test
    void shouldGiveZerosWhenNothingIsLabelled() {
        PackedBatch labelled = document(new int[] {1, VIDEO, 2}, 0, new int[] {2}, 31);
        int[] none = new int[labelled.ids().length];
        Arrays.fill(none, -100);
        PackedBatch unlabelled =
                new PackedBatch(labelled.ids(), none, labelled.cuSeqlens(), labelled.imageToken(), labelled.frames());
        Result result = run(new Mesh(1, 2, 2), SessionOptions.DEFAULTS, unlabelled);
        assertEquals(0, result.loss());
        assertTrue(Arrays.stream(result.gradients()).allMatch(g -> g == 0));
    }

    private static SessionOptions sharded(AttentionSettings.Mask mask, Layout layout, Stages stages) {
        return SessionOptions.DEFAULTS
                .withSharding(new ShardingSettings(layout, stages, State.OPTIMIZER))
                .withAttention(new AttentionSettings(mask, OptionalInt.empty(), 0, Optional.empty()));
    }

    /** A document with images of one frame and videos of the given lengths; every id is predicted. */
    private static PackedBatch document(int[] ids, int images, int[] videos, long seed) {
        List<FrameSource> imageFrames = Stream.<FrameSource>generate(() -> new SyntheticFrames(1, seed))
                .limit(images)
                .toList();
        List<FrameSource> videoFrames = Arrays.stream(videos)
                .<FrameSource>mapToObj(frames -> new SyntheticFrames(frames, seed + frames))
                .toList();
        return SPLICE.splice(ids, ids, new int[] {0, ids.length}, imageFrames, videoFrames);
    }

    private static PackedBatch packed(List<PackedBatch> documents) {
        int[] bounds = new int[documents.size() + 1];
        int[] ids = documents.stream().flatMapToInt(d -> Arrays.stream(d.ids())).toArray();
        int[] labels =
                documents.stream().flatMapToInt(d -> Arrays.stream(d.labels())).toArray();
        Stream.Builder<Span> media = Stream.builder();
        for (int i = 0; i < documents.size(); i++) {
            int at = bounds[i];
            documents.get(i).media().forEach(m -> media.add(new Span(m.from() + at, m.to() + at)));
            bounds[i + 1] = at + documents.get(i).ids().length;
        }
        return new PackedBatch(
                ids,
                labels,
                bounds,
                CONFIG.imageToken(),
                JoinedFrames.of(documents.stream().map(PackedBatch::frames).toList()),
                media.build().toList());
    }

    private static Result run(Mesh mesh, SessionOptions options, PackedBatch batch) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<Result> ranks =
                    RankThreads.run(transport.endpoints(), endpoint -> rank(mesh, options, batch, endpoint));
            double loss = ranks.stream().mapToDouble(Result::loss).sum();
            double[] gradients = new double[ranks.getFirst().gradients().length];
            ranks.forEach(r -> Arrays.setAll(gradients, i -> gradients[i] + r.gradients()[i]));
            return new Result(loss, gradients);
        }
    }

    private static Result rank(Mesh mesh, SessionOptions options, PackedBatch packed, RankEndpoint endpoint) {
        List<ParameterSpec> specs = ParameterSpec.of(CONFIG);
        Groups groups = Groups.of(mesh, endpoint);
        ShardedBatch batch = ShardedBatch.of(CONFIG, mesh, groups.rank(), options, packed);
        try (TensorArena run = TensorArena.open("weights", 2 * Parameters.sizeBytes(specs));
                StepMemory memory = new StepMemory(Devices.cpu().kernels(), groups.rank());
                VilaCheckpoint files = VilaCheckpoint.open(CHECKPOINT)) {
            Parameters parameters = Parameters.allocate(specs, run);
            files.load(parameters);
            Parameters gradients = Parameters.allocate(specs, run);
            gradients.flat().zero();
            Weights weights = new Weights(parameters);
            TrainableSet all = new TrainableSet(CONFIG, Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM));
            parameters.names().stream()
                    .filter(all::contains)
                    .forEach(name -> weights.attachGradient(name, gradients.tensor(name)));
            try (VlmModel model = new VlmModel(CONFIG, weights, options)) {
                Workspace ws =
                        memory.reserve(groups, (w, g) -> model.lossAndGradients(w, g, batch.withoutPixels(), 1f, null));
                double loss = model.lossAndGradients(ws, groups, batch, 1f, null);
                float[] values = gradients.flat().toFloats();
                double[] wide = new double[values.length];
                Arrays.setAll(wide, i -> values[i]);
                return new Result(loss, wide);
            }
        }
    }

    private static void assertClose(double[] expected, double[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            assertTrue(Double.isFinite(actual[i]));
            difference += Math.pow(expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        assertTrue(norm > 0);
        double relative = Math.sqrt(difference / norm);
        assertTrue(relative <= TOLERANCE, () -> "relativeNorm=" + relative);
    }
}
