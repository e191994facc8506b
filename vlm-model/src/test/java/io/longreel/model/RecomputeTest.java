package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.config.topology.Placement;
import io.longreel.model.plan.StepPlan;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Activations that are computed again have the bits of those that are kept, and take the memory and the traffic that they should. */
class RecomputeTest {
    private static final int STEPS = 2;
    private static final int LAYERS = 4;
    private static final int IMAGE = 63;
    private static final RecomputeSettings FULL = new RecomputeSettings(RecomputeSettings.ALL, false);
    private static final RecomputeSettings SELECTIVE = new RecomputeSettings(RecomputeSettings.ALL, true);

    @TempDir
    Path directory;

    static Stream<Arguments> meshes() {
        PrecisionSettings plain = precision(Exchange.FP32, Sums.FAST);
        Mesh both = new Mesh(1, 2, 2);
        return Stream.concat(
                Stream.of(
                                Mesh.single(),
                                new Mesh(1, 1, 3),
                                new Mesh(1, 3, 1),
                                new Mesh(2, 2, 1),
                                new Mesh(1, 2, 2, Inner.RING))
                        .map(mesh -> Arguments.of(mesh, plain)),
                Stream.of(plain, precision(Exchange.BF16, Sums.FAST), precision(Exchange.FP32, Sums.EXACT))
                        .map(precision -> Arguments.of(both, precision)));
    }

    @ParameterizedTest
    @MethodSource("meshes")
    void shouldTrainToTheSameBitsWhenActivationsAreComputedAgain(Mesh mesh, PrecisionSettings precision) {
        SessionOptions options = SessionOptions.DEFAULTS.withPrecision(precision);
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result expected = steps.run(mesh, options);
        assertTrue(expected.reports().stream().allMatch(TrainSession.StepReport::applied));
        for (RecomputeSettings recompute : List.of(
                FULL, new RecomputeSettings(RecomputeSettings.ALL, true, true), new RecomputeSettings(1, true))) {
            assertSame(expected, steps.run(mesh, options.withRecompute(recompute)), mesh + " " + recompute);
        }
    }

    @Test
    void shouldTrainAdaptersToTheSameBitsWhenActivationsAreComputedAgain() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.ADAPTERS, STEPS, directory);
        Mesh mesh = new Mesh(1, 2, 2);
        GoldenSteps.Result expected = steps.run(mesh, SessionOptions.DEFAULTS);
        for (RecomputeSettings recompute : List.of(FULL, SELECTIVE)) {
            assertSame(
                    expected, steps.run(mesh, SessionOptions.DEFAULTS.withRecompute(recompute)), recompute.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void shouldTrainToTheSameBitsWhenStateIsShardedToo(State state) {
        Mesh mesh = new Mesh(2, 2, 1);
        ShardingSettings sharding = SessionOptions.DEFAULTS.sharding();
        SessionOptions options = SessionOptions.DEFAULTS
                .withSharding(new ShardingSettings(sharding.layout(), sharding.stages(), state))
                .withPrecision(new PrecisionSettings(PrecisionSettings.Weights.BF16, Exchange.FP32, Sums.FAST));
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result expected = steps.run(mesh, options);
        RecomputeSettings recompute = new RecomputeSettings(2, false, true);
        assertSame(expected, steps.run(mesh, options.withRecompute(recompute)), mesh + " " + state);
    }

    static Stream<Mesh> plannedMeshes() {
        return Stream.of(Mesh.single(), new Mesh(1, 2, 1), new Mesh(1, 1, 2), new Mesh(1, 2, 2));
    }

    /** What one rank planned and sent in one pass. */
    private record Cost(long activationBytes, long sentBytes) {}

    @ParameterizedTest
    @MethodSource("plannedMeshes")
    void shouldTakeLessMemoryWithEachLayerThatIsComputedAgain(Mesh mesh) {
        Cost none = cost(mesh, RecomputeSettings.NONE);
        Cost[] full = new Cost[LAYERS + 1];
        Cost[] selective = new Cost[LAYERS + 1];
        Arrays.setAll(full, layers -> cost(mesh, new RecomputeSettings(layers, false)));
        Arrays.setAll(selective, layers -> cost(mesh, new RecomputeSettings(layers, true)));
        System.out.printf(
                "recompute mesh=%s activationBytes: none=%d selective=%d full=%d sentBytes: none=%d selective=%d full=%d%n",
                mesh,
                none.activationBytes(),
                selective[LAYERS].activationBytes(),
                full[LAYERS].activationBytes(),
                none.sentBytes(),
                selective[LAYERS].sentBytes(),
                full[LAYERS].sentBytes());
        assertEquals(none, full[0]);
        assertEquals(none, selective[0]);
        for (int layers = 1; layers <= LAYERS; layers++) {
            assertTrue(full[layers].activationBytes() < full[layers - 1].activationBytes());
            assertTrue(selective[layers].activationBytes() < selective[layers - 1].activationBytes());
            assertTrue(full[layers].activationBytes() < selective[layers].activationBytes());
        }
        assertEquals(cost(mesh, FULL), full[LAYERS], "all layers");
        for (int layers = 1; layers <= LAYERS; layers++) {
            assertEquals(none.sentBytes(), selective[layers].sentBytes(), "attention does not run again");
            assertEquals(
                    none.sentBytes() + layers * (full[1].sentBytes() - none.sentBytes()), full[layers].sentBytes());
        }
        assertEquals(mesh.worldSize() > 1, full[1].sentBytes() > none.sentBytes(), "attention runs again");
    }

    @Test
    void shouldTakeLessMemoryWhenTheVisionTowerIsComputedAgain() {
        Cost kept = cost(Mesh.single(), FULL);
        Cost again = cost(Mesh.single(), new RecomputeSettings(RecomputeSettings.ALL, false, true));
        System.out.printf(
                "recompute vision activationBytes: none=%d vision=%d%n",
                kept.activationBytes(), again.activationBytes());
        assertTrue(again.activationBytes() < kept.activationBytes());
        assertEquals(kept.sentBytes(), again.sentBytes());
    }

    private static void assertSame(GoldenSteps.Result expected, GoldenSteps.Result actual, String what) {
        assertEquals(expected.reports(), actual.reports(), what);
        assertEquals(expected.weights().keySet(), actual.weights().keySet(), what);
        for (Map.Entry<String, float[]> weight : expected.weights().entrySet()) {
            float[] other = actual.weights().getOrDefault(weight.getKey(), new float[0]);
            assertArrayEquals(bits(weight.getValue()), bits(other), what + " " + weight.getKey());
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
        return bits;
    }

    private static PrecisionSettings precision(Exchange exchange, Sums sums) {
        return new PrecisionSettings(PrecisionSettings.Weights.FP32, exchange, sums);
    }

    /** The costs of a pass, summed over the ranks; each rank takes exactly what it planned. */
    private static Cost cost(Mesh mesh, RecomputeSettings recompute) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<Cost> costs = RankThreads.run(transport.endpoints(), e -> cost(mesh, recompute, e));
            return new Cost(
                    costs.stream().mapToLong(Cost::activationBytes).sum(),
                    costs.stream().mapToLong(Cost::sentBytes).sum());
        }
    }

    private static Cost cost(Mesh mesh, RecomputeSettings recompute, RankEndpoint endpoint) {
        Kernels kernels = Devices.cpu().kernels();
        ModelConfig config = new ModelConfig(
                new ModelConfig.Vision(16, 24, 4, 2, 28, 7, 1e-6f, -2),
                new ModelConfig.Llm(64, 32, 96, LAYERS, 4, 2, 512, 1e4, 1, 1e-6f, false),
                ModelConfig.MLP_DOWNSAMPLE,
                IMAGE);
        SessionOptions options = SessionOptions.DEFAULTS.withRecompute(recompute);
        Groups groups = Groups.of(mesh, endpoint);
        ShardedBatch batch = ShardedBatch.of(config, mesh, groups.rank(), options, batch());
        List<ParameterSpec> specs = ParameterSpec.of(config);
        try (TensorArena run = TensorArena.open("run", 2 * Parameters.sizeBytes(specs))) {
            Parameters parameters = Parameters.allocate(specs, run);
            new Initializer(config, 5).fill(parameters);
            Weights weights = new Weights(parameters);
            Parameters gradients = Parameters.allocate(specs, run);
            specs.forEach(s -> weights.attachGradient(s.name(), gradients.tensor(s.name())));
            try (VlmModel model = new VlmModel(config, weights, options)) {
                StepPlan plan = StepPlan.of(
                        kernels, groups, (w, g) -> model.lossAndGradients(w, g, batch.withoutPixels(), 1f, null));
                long before = sent(endpoint);
                try (TensorArena step = TensorArena.open("step", plan.activationBytes());
                        TensorArena scratch = TensorArena.open("scratch", plan.scratchBytes())) {
                    model.lossAndGradients(new Workspace(kernels, step, scratch), groups, batch, 1f, null);
                    assertEquals(plan, new StepPlan(step.peakBytes(), scratch.peakBytes()));
                    return new Cost(plan.activationBytes(), sent(endpoint) - before);
                }
            }
        }
    }

    private static long sent(RankEndpoint endpoint) {
        return endpoint.counters().localBytes();
    }

    /** Two documents of text and one of frames. */
    private static PackedBatch batch() {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            ids.add(i >= 40 && i < 50 ? IMAGE : 1 + i % 60);
        }
        int[] all = ids.stream().mapToInt(Integer::intValue).toArray();
        return new PackedBatch(all, all.clone(), new int[] {0, 11, 36, 70}, IMAGE, new SyntheticFrames(10, 3));
    }
}
