package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.AttentionSettings;
import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With exact sums every mesh and every sharding gives the same bits: losses, norms and weights after several steps. */
class MeshInvarianceTest {
    private static final int STEPS = 3;

    @TempDir
    Path directory;

    /** A mesh and what lies where on it. */
    private record Where(Mesh mesh, Layout layout, Stages stages, State state) {
        static Where of(int data, int ring, int ulysses, State state) {
            return new Where(new Mesh(data, ring, ulysses), Layout.ZIGZAG, Stages.TWO, state);
        }

        SessionOptions options(SessionOptions base) {
            return base.withSharding(new ShardingSettings(layout, stages, state));
        }
    }

    private static final List<Where> EVERYWHERE = List.of(
            Where.of(1, 2, 1, State.OPTIMIZER),
            Where.of(1, 3, 1, State.GRADIENTS),
            Where.of(1, 1, 2, State.PARAMETERS),
            Where.of(1, 1, 4, State.OPTIMIZER),
            Where.of(1, 2, 2, State.OPTIMIZER),
            Where.of(2, 1, 1, State.PARAMETERS),
            Where.of(2, 2, 1, State.OPTIMIZER),
            Where.of(3, 1, 2, State.GRADIENTS),
            new Where(new Mesh(1, 2, 2, Inner.RING), Layout.STRIPED, Stages.TWO, State.OPTIMIZER),
            new Where(new Mesh(1, 3, 1), Layout.CONTIGUOUS, Stages.TWO, State.OPTIMIZER),
            new Where(new Mesh(1, 2, 1), Layout.ZIGZAG, Stages.ONE, State.PARAMETERS));

    private static final List<Where> SOME = List.of(
            Where.of(1, 3, 2, State.OPTIMIZER),
            new Where(new Mesh(2, 1, 2, Inner.RING), Layout.STRIPED, Stages.ONE, State.PARAMETERS));

    @Test
    void shouldGiveTheSameBitsOnEveryMeshWhenEverythingTrains() {
        compare("gqa-even", GoldenSteps.FULL, exact(Exchange.FP32), EVERYWHERE);
    }

    @Test
    void shouldGiveTheSameBitsWithAnOddGridAndAdapters() {
        compare("mha-odd-grid", GoldenSteps.FULL, exact(Exchange.FP32), SOME);
        compare("gqa-even", GoldenSteps.ADAPTERS, exact(Exchange.FP32), SOME);
    }

    @Test
    void shouldGiveTheSameBitsWhenTheExchangeIsNarrow() {
        compare("gqa-even", GoldenSteps.FULL, exact(Exchange.BF16), SOME);
    }

    @Test
    void shouldGiveTheSameBitsWhenWeightsAreNarrowAndActivationsComputedAgain() {
        SessionOptions options = exact(Exchange.FP32)
                .withPrecision(new PrecisionSettings(PrecisionSettings.Weights.BF16, Exchange.FP32, Sums.EXACT));
        SessionOptions again = options.withRecompute(new RecomputeSettings(RecomputeSettings.ALL, false));
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result expected = steps.run(Mesh.single(), options);
        for (Where where : SOME) {
            assertSame(expected, steps.run(where.mesh(), where.options(again)), "recomputed " + where);
        }
    }

    @Test
    void shouldGiveTheSameBitsWhateverTheMask() {
        SessionOptions options = exact(Exchange.FP32)
                .withAttention(new AttentionSettings(
                        AttentionSettings.Mask.PREFIX_LM,
                        OptionalInt.of(9),
                        2,
                        Optional.of(new AttentionSettings.BlockSparse(4, 2, 3))));
        compare("gqa-even", GoldenSteps.FULL, options, SOME);
    }

    @Test
    void shouldGiveTheSameBitsHoweverDocumentsArePacked() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result packed = steps.run(Mesh.single(), exact(Exchange.FP32));
        assertSame(packed, steps.unpacked().run(new Mesh(2, 2, 1), exact(Exchange.FP32)), "unpacked");
    }

    /** The control: were sums in order just as good, the tests above would prove nothing. */
    @Test
    void shouldDifferBetweenMeshesWhenSumsAreInOrder() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result one = steps.run(Mesh.single(), SessionOptions.DEFAULTS);
        GoldenSteps.Result four = steps.run(new Mesh(1, 2, 2), SessionOptions.DEFAULTS);
        assertNotEquals(one.reports(), four.reports());
    }

    /** The same model, not another one: exact sums agree with those in order as far as rounding allows. */
    @Test
    void shouldAgreeWithSumsInOrder() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result fast = steps.run(Mesh.single(), SessionOptions.DEFAULTS);
        GoldenSteps.Result exact = steps.run(Mesh.single(), exact(Exchange.FP32));
        for (int step = 0; step < STEPS; step++) {
            double expected = fast.reports().get(step).loss();
            assertEquals(expected, exact.reports().get(step).loss(), 1e-5 * expected);
            double norm = fast.reports().get(step).gradientNorm();
            assertEquals(norm, exact.reports().get(step).gradientNorm(), 1e-4 * norm);
        }
    }

    private void compare(String name, StageSettings stage, SessionOptions options, List<Where> places) {
        GoldenSteps steps = new GoldenSteps(name, stage, STEPS, directory);
        GoldenSteps.Result expected = steps.run(Mesh.single(), options);
        assertTrue(expected.reports().stream().allMatch(TrainSession.StepReport::applied));
        for (Where where : places) {
            GoldenSteps.Result actual = steps.run(where.mesh(), where.options(options));
            assertSame(expected, actual, name + " " + where);
        }
    }

    private static void assertSame(GoldenSteps.Result expected, GoldenSteps.Result actual, String what) {
        assertEquals(expected.reports(), actual.reports(), what);
        assertEquals(expected.weights().keySet(), actual.weights().keySet(), what);
        for (Map.Entry<String, float[]> weight : expected.weights().entrySet()) {
            assertArrayEquals(
                    bits(weight.getValue()),
                    bits(actual.weights().getOrDefault(weight.getKey(), new float[0])),
                    what + weight.getKey());
        }
    }

    private static SessionOptions exact(Exchange exchange) {
        return SessionOptions.DEFAULTS
                .withPrecision(new PrecisionSettings(PrecisionSettings.Weights.FP32, exchange, Sums.EXACT))
                .withSharding(new ShardingSettings(Layout.ZIGZAG, Stages.TWO, State.OPTIMIZER));
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
        return bits;
    }
}
