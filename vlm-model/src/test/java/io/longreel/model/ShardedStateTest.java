package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wherever state lies, the same numbers come out: losses, norms and weights after several steps. */
class ShardedStateTest {
    private static final int STEPS = 3;

    @TempDir
    Path directory;

    /** One micro-batch per replica: the same additions in the same order, so the same bits. */
    @ParameterizedTest
    @CsvSource({
        "gqa-even,1,1,1",
        "gqa-even,1,2,2",
        "gqa-even,1,3,1",
        "gqa-even,2,1,1",
        "gqa-even,2,2,1",
        "gqa-even,4,1,1",
        "mha-odd-grid,1,1,2",
        "mha-odd-grid,2,1,3"
    })
    void shouldGiveTheSameBitsInEveryZeroStage(String name, int data, int ring, int ulysses) {
        Mesh mesh = new Mesh(data, ring, ulysses);
        for (StageSettings stage : new StageSettings[] {GoldenSteps.FULL, GoldenSteps.ADAPTERS}) {
            GoldenSteps steps = new GoldenSteps(name, stage, STEPS, directory).first(data);
            GoldenSteps.Result whole = steps.run(mesh, options(State.OPTIMIZER, PrecisionSettings.Weights.FP32));
            assertTrue(whole.reports().stream().allMatch(TrainSession.StepReport::applied));
            for (State state : new State[] {State.GRADIENTS, State.PARAMETERS}) {
                assertSame(whole, steps.run(mesh, options(state, PrecisionSettings.Weights.FP32)), mesh + " " + state);
            }
        }
    }

    /** With four micro-batches replicas differ in how many they have, and some have no frames: whoever has less takes part in the exchanges all the same. */
    @ParameterizedTest
    @CsvSource({"1,1", "1,2", "2,1", "3,1", "2,2"})
    void shouldAgreeWhenReplicasHaveDifferentMicroBatches(int data, int ring) {
        Mesh mesh = new Mesh(data, ring, 1);
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result whole = steps.run(mesh, options(State.OPTIMIZER, PrecisionSettings.Weights.FP32));
        GoldenSteps.Result second = steps.run(mesh, options(State.GRADIENTS, PrecisionSettings.Weights.FP32));
        for (int step = 0; step < STEPS; step++) {
            double loss = whole.reports().get(step).loss();
            assertEquals(loss, second.reports().get(step).loss(), 1e-5 * loss, mesh + " step " + step);
        }
        // Micro-batches before ranks, or ranks before micro-batches: the order of additions differs between these two
        // only.
        assertSame(second, steps.run(mesh, options(State.PARAMETERS, PrecisionSettings.Weights.FP32)), mesh.toString());
    }

    @Test
    void shouldGiveTheSameBitsInEveryZeroStageWhenSumsAreExact() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, 2, directory);
        SessionOptions exact = options(State.OPTIMIZER, PrecisionSettings.Weights.FP32)
                .withPrecision(new PrecisionSettings(PrecisionSettings.Weights.FP32, Exchange.FP32, Sums.EXACT));
        GoldenSteps.Result whole = steps.run(Mesh.single(), exact);
        for (State state : State.values()) {
            SessionOptions sharded = exact.withSharding(new ShardingSettings(Layout.ZIGZAG, Stages.TWO, state));
            assertSame(whole, steps.run(new Mesh(3, 1, 2), sharded), state.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,2,2", "2,1,2"})
    void shouldGiveTheSameBitsInEveryZeroStageWhenWeightsAreNarrow(int data, int ring, int ulysses) {
        Mesh mesh = new Mesh(data, ring, ulysses);
        for (StageSettings stage : new StageSettings[] {GoldenSteps.FULL, GoldenSteps.ADAPTERS}) {
            GoldenSteps steps = new GoldenSteps("gqa-even", stage, STEPS, directory).first(data);
            GoldenSteps.Result whole = steps.run(mesh, options(State.OPTIMIZER, PrecisionSettings.Weights.BF16));
            for (State state : new State[] {State.GRADIENTS, State.PARAMETERS}) {
                assertSame(whole, steps.run(mesh, options(state, PrecisionSettings.Weights.BF16)), mesh + " " + state);
            }
            for (Map.Entry<String, float[]> weight : whole.weights().entrySet()) {
                for (float value : weight.getValue()) {
                    assertEquals(0, Float.floatToRawIntBits(value) & 0xffff, weight.getKey());
                }
            }
            GoldenSteps.Result wide = steps.run(mesh, options(State.OPTIMIZER, PrecisionSettings.Weights.FP32));
            for (int step = 0; step < STEPS; step++) {
                double loss = wide.reports().get(step).loss();
                assertEquals(loss, whole.reports().get(step).loss(), 1e-2 * loss, mesh + " step " + step);
            }
        }
    }

    static SessionOptions options(State state, PrecisionSettings.Weights weights) {
        return SessionOptions.DEFAULTS
                .withSharding(new ShardingSettings(Layout.ZIGZAG, Stages.TWO, state))
                .withPrecision(new PrecisionSettings(weights, Exchange.FP32, Sums.FAST));
    }

    private static void assertSame(GoldenSteps.Result expected, GoldenSteps.Result actual, String what) {
        assertEquals(expected.reports(), actual.reports(), what);
        assertEquals(expected.weights().keySet(), actual.weights().keySet(), what);
        expected.weights().forEach((name, values) -> {
            float[] others = actual.weights().getOrDefault(name, new float[0]);
            assertArrayEquals(bits(values), bits(others), what + " " + name);
        });
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
        return bits;
    }
}
