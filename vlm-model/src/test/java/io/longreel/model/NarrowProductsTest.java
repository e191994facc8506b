package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Linear layers whose factors are BF16. */
class NarrowProductsTest {
    private static final int STEPS = 4;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(Weights.class)
    void shouldTrainLikeWideProductsButForRounding(Weights weights) {
        for (StageSettings stage : new StageSettings[] {GoldenSteps.FULL, GoldenSteps.ADAPTERS}) {
            GoldenSteps steps = new GoldenSteps("gqa-even", stage, STEPS, directory);
            Mesh mesh = new Mesh(1, 1, 2);
            GoldenSteps.Result wide = steps.run(mesh, options(weights, Products.FP32));
            GoldenSteps.Result narrow = steps.run(mesh, options(weights, Products.BF16));
            for (int step = 0; step < STEPS; step++) {
                double loss = wide.reports().get(step).loss();
                double other = narrow.reports().get(step).loss();
                assertEquals(loss, other, 1e-2 * loss, stage.name() + " step " + step);
                assertNotEquals(loss, other, "something must have been rounded: step " + step);
                double norm = wide.reports().get(step).gradientNorm();
                assertEquals(norm, narrow.reports().get(step).gradientNorm(), 5e-2 * norm, "norm of step " + step);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void shouldGiveTheSameBitsWhenLayersAreComputedAgainAndStateIsSharded(State state) {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory).first(1);
        Mesh mesh = new Mesh(1, 2, 2);
        SessionOptions options = options(Weights.BF16, Products.BF16);
        GoldenSteps.Result kept = steps.run(mesh, options);
        GoldenSteps.Result again = steps.run(
                mesh,
                options.withSharding(new ShardingSettings(Layout.ZIGZAG, Stages.TWO, state))
                        .withRecompute(new RecomputeSettings(RecomputeSettings.ALL, false, true)));
        assertEquals(kept.reports(), again.reports());
        kept.weights()
                .forEach((name, values) ->
                        assertArrayEquals(values, again.weights().get(name), name));
    }

    @Test
    void shouldGiveTheSameBitsOnEveryMeshWhenSumsAreExact() {
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, 2, directory).first(1);
        SessionOptions exact = SessionOptions.DEFAULTS.withPrecision(
                new PrecisionSettings(Weights.FP32, Exchange.FP32, Products.BF16, Sums.EXACT));
        assertEquals(
                steps.run(Mesh.single(), exact).reports(),
                steps.run(new Mesh(1, 2, 1), exact).reports());
    }

    private static SessionOptions options(Weights weights, Products products) {
        return SessionOptions.DEFAULTS.withPrecision(
                new PrecisionSettings(weights, Exchange.FP32, products, Sums.FAST));
    }
}
