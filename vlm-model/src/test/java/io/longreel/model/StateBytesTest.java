package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.Unit;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rank's state takes the bytes that its ZeRO stage promises. Arenas have exactly the planned size, and throw when more is asked for. */
class StateBytesTest {
    private static final Path CHECKPOINT = Path.of("src/test/resources/golden/gqa-even/checkpoint");
    private static final int RANKS = 4;

    @ParameterizedTest
    @CsvSource({
        "OPTIMIZER,FP32",
        "GRADIENTS,FP32",
        "PARAMETERS,FP32",
        "OPTIMIZER,BF16",
        "GRADIENTS,BF16",
        "PARAMETERS,BF16"
    })
    void shouldTakeWhatTheStagePromises(State state, Weights weights) {
        ModelConfig config = VilaCheckpoint.readConfig(CHECKPOINT);
        TrainableSet trainable = new TrainableSet(config, GoldenSteps.FULL.trainable());
        long all = ParameterSpec.of(config).stream()
                .mapToLong(ParameterSpec::elements)
                .sum();
        long trained = ParameterSpec.of(config).stream()
                .filter(spec -> trainable.contains(spec.name()))
                .mapToLong(ParameterSpec::elements)
                .sum();
        int weightBytes = weights == Weights.BF16 ? 2 : 4;
        long expectedWeights = weightBytes * all / (state == State.PARAMETERS ? RANKS : 1);
        long expectedGradients = 4 * trained / (state == State.OPTIMIZER ? 1 : RANKS);
        long expectedOptimizer = (weights == Weights.BF16 ? 12 : 8) * trained / RANKS;
        for (StateBytes bytes : measured(config, ShardedStateTest.options(state, weights))) {
            System.out.printf(
                    "state bytes %s %s P=%d trained=%d W=%d: weights=%d (%d) gradients=%d (%d) optimizer=%d (%d) windows=%d%n",
                    state,
                    weights,
                    all,
                    trained,
                    RANKS,
                    bytes.weights(),
                    expectedWeights,
                    bytes.gradients(),
                    expectedGradients,
                    bytes.optimizer(),
                    expectedOptimizer,
                    bytes.windows());
            // One element more per unit on the first ranks, and each tensor begins at a multiple of 64 bytes.
            long slack = Unit.of(config).size() * (64L + 4);
            assertNear(expectedWeights, bytes.weights(), slack);
            assertNear(expectedGradients, bytes.gradients(), slack);
            assertNear(expectedOptimizer, bytes.optimizer(), 3 * slack);
            assertNear(expectedWindows(config, state, weights), bytes.windows(), 10 * 64);
        }
    }

    private static void assertNear(long expected, long actual, long slack) {
        assertTrue(
                Math.abs(expected - actual) <= slack,
                () -> "expected=%d actual=%d slack=%d".formatted(expected, actual, slack));
    }

    /** Whole F32 weights and whole gradients need none. */
    private static long expectedWindows(ModelConfig config, State state, Weights weights) {
        List<Unit> units = Unit.of(config);
        long layer = units.stream()
                .filter(unit -> !unit.isWide())
                .mapToLong(Unit::elements)
                .max()
                .orElseThrow();
        long wide = units.stream()
                .filter(Unit::isWide)
                .mapToLong(Unit::elements)
                .max()
                .orElseThrow();
        long layers = 0;
        for (int parity = 0; parity < 2; parity++) {
            List<Unit> narrow = units.stream().filter(unit -> !unit.isWide()).toList();
            long largest = 0;
            for (int i = parity; i < narrow.size(); i += 2) {
                largest = Math.max(largest, narrow.get(i).elements());
            }
            layers += largest;
        }
        assertTrue(layers <= 2 * layer);
        long bytes = 0;
        if (state == State.PARAMETERS || weights == Weights.BF16) {
            boolean lands = state == State.PARAMETERS && weights == Weights.BF16;
            bytes += (layers + wide) * (lands ? 6 : 4);
        }
        if (state != State.OPTIMIZER) {
            bytes += 4 * (2 * layer + wide) + 4 * (RANKS - 1) * Math.ceilDiv(layer, RANKS);
        }
        return bytes;
    }

    private static List<StateBytes> measured(ModelConfig config, SessionOptions options) {
        Mesh mesh = new Mesh(1, 2, 2);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(CHECKPOINT);
                    session.beginStage(GoldenSteps.FULL);
                    return session.stateBytes();
                }
            });
        }
    }
}
