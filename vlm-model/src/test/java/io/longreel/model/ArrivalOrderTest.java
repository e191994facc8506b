package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.SeededDelay;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One mesh gives the same bits on every run, in whatever order frames arrive. */
class ArrivalOrderTest {
    private static final int STEPS = 2;
    private static final int SEEDS = 4;
    private static final int POLLS_MAX = 60;

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(State.class)
    void shouldGiveTheSameBitsWhenFramesOvertakeEachOther(State state) {
        Mesh mesh = new Mesh(2, 2, 2);
        SessionOptions options =
                SessionOptions.DEFAULTS.withSharding(new ShardingSettings(Layout.ZIGZAG, Stages.TWO, state));
        GoldenSteps steps = new GoldenSteps("gqa-even", GoldenSteps.FULL, STEPS, directory);
        GoldenSteps.Result expected = steps.run(mesh, options);
        Set<List<List<Integer>>> orders = new HashSet<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            SeededDelay delay = new SeededDelay(seed, POLLS_MAX);
            GoldenSteps.Result actual = steps.run(mesh, options, delay);
            assertTrue(delay.heldFrames() > 0, "seed=" + seed);
            orders.add(IntStream.range(0, mesh.worldSize())
                    .mapToObj(delay::sourcesOf)
                    .toList());
            assertEquals(expected.reports(), actual.reports(), "seed=" + seed);
            for (Map.Entry<String, float[]> weight : expected.weights().entrySet()) {
                assertArrayEquals(
                        weight.getValue(),
                        actual.weights().getOrDefault(weight.getKey(), new float[0]),
                        "seed=%d %s".formatted(seed, weight.getKey()));
            }
        }
        assertEquals(SEEDS, orders.size(), "every seed must have made an order of its own");
    }
}
