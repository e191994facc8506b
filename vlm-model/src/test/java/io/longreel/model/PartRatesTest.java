package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.LearningRates;
import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.model.state.TrainableSet;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts that train at rates of their own, in a whole session. */
class PartRatesTest {
    @TempDir
    Path directory;

    /** A first step of AdamW is its rate times what does not depend on the rate. */
    @ParameterizedTest
    @CsvSource({"1,OPTIMIZER", "1,GRADIENTS", "1,PARAMETERS", "2,OPTIMIZER", "2,GRADIENTS", "2,PARAMETERS"})
    void shouldMoveEveryParameterInProportionToTheRateOfItsPart(int ranks, State state) {
        Mesh mesh = new Mesh(1, ranks, 1);
        Map<String, float[]> start =
                canonical(GoldenSteps.weights(Path.of("src/test/resources/golden/gqa-even/checkpoint")));
        Map<String, float[]> common =
                canonical(run(GoldenSteps.FULL, 1, mesh, state).weights());
        Map<String, float[]> own = canonical(run(GoldenSteps.at(GoldenSteps.BY_PART, GoldenSteps.FULL), 1, mesh, state)
                .weights());
        assertEquals(start.keySet(), own.keySet());
        start.forEach((name, before) -> {
            double ratio = GoldenSteps.BY_PART.of(TrainableSet.partOf(name)) / GoldenSteps.LEARNING_RATE;
            float[] slow = Objects.requireNonNull(common.get(name));
            float[] fast = Objects.requireNonNull(own.get(name));
            for (int i = 0; i < before.length; i++) {
                double expected = ratio * ((double) slow[i] - before[i]);
                double rounding = 1e-6 * Math.max(1, Math.abs(before[i]));
                assertEquals(expected, (double) fast[i] - before[i], rounding * Math.max(1, ratio), name + " " + i);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,2", "2,1"})
    void shouldGiveTheSameBitsInEveryZeroStage(int data, int ring) {
        Mesh mesh = new Mesh(data, ring, 1);
        LearningRates adapters =
                new LearningRates(1e-3, Map.of(Part.LORA, 2e-3, Part.NORMS, 5e-4, Part.EMBEDDING, 1e-4));
        for (StageSettings stage : new StageSettings[] {
            GoldenSteps.at(GoldenSteps.BY_PART, GoldenSteps.FULL), GoldenSteps.at(adapters, GoldenSteps.ADAPTERS)
        }) {
            GoldenSteps steps = new GoldenSteps("gqa-even", stage, 3, directory).first(data);
            GoldenSteps.Result whole = steps.run(mesh, ShardedStateTest.options(State.OPTIMIZER, Weights.FP32));
            for (State state : new State[] {State.GRADIENTS, State.PARAMETERS}) {
                assertSame(whole, steps.run(mesh, ShardedStateTest.options(state, Weights.FP32)));
            }
        }
    }

    @Test
    void shouldGiveTheBitsOfOneRateWhenAllAreEqualToIt() {
        double rate = GoldenSteps.LEARNING_RATE;
        LearningRates equal = new LearningRates(
                rate, Map.of(Part.VISION_TOWER, rate, Part.PROJECTOR, rate, Part.LLM, rate, Part.NORMS, rate));
        Mesh mesh = new Mesh(1, 2, 1);
        assertSame(
                run(GoldenSteps.FULL, 3, mesh, State.OPTIMIZER),
                run(GoldenSteps.at(equal, GoldenSteps.FULL), 3, mesh, State.OPTIMIZER));
    }

    /** {@code vision_tower/model.safetensors:vision_model.post_layernorm.bias} is {@code vision_tower.post_layernorm.bias}. */
    private static Map<String, float[]> canonical(Map<String, float[]> stored) {
        Map<String, float[]> byName = new TreeMap<>();
        stored.forEach(
                (name, values) -> byName.put(name.replaceFirst("/[^:]*:", ".").replace("vision_model.", ""), values));
        return byName;
    }

    private GoldenSteps.Result run(StageSettings stage, int steps, Mesh mesh, State state) {
        GoldenSteps.Result result = new GoldenSteps("gqa-even", stage, steps, directory)
                .first(1)
                .run(mesh, ShardedStateTest.options(state, Weights.FP32));
        assertTrue(result.reports().stream().allMatch(TrainSession.StepReport::applied));
        return result;
    }

    private static void assertSame(GoldenSteps.Result expected, GoldenSteps.Result actual) {
        assertEquals(expected.reports(), actual.reports());
        assertEquals(expected.weights().keySet(), actual.weights().keySet());
        expected.weights()
                .forEach((name, values) ->
                        assertArrayEquals(values, actual.weights().get(name), name));
    }
}
