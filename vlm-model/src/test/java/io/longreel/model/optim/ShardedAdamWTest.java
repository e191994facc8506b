package io.longreel.model.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.LearningRates;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.model.state.TestStores;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Devices;
import io.longreel.ops.exact.FixedSum;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardedAdamWTest {
    private static final long SEED = 42;
    private static final int STEPS = 10;
    private static final double LEARNING_RATE = 1e-2;
    private static final LearningRates RATES = LearningRates.of(LEARNING_RATE);
    private static final StageSettings.Optimizer SETTINGS = new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.1, 1.0);
    /** Sizes that no number of ranks divides; one entry is empty. */
    private static final Map<String, int[]> SHAPES = new TreeMap<>(Map.of(
            "a.bias", new int[] {5},
            "b.embed_tokens.weight", new int[] {3, 7},
            "c.empty", new int[] {0},
            "d.lora_A.weight", new int[] {2, 3},
            "e.norm.weight", new int[] {1},
            "mm_projector.f", new int[] {2},
            "mm_projector.g", new int[] {4},
            "vision_tower.h", new int[] {3}));
    /** Neighbours with different rates, neighbours with the same one by different ways. */
    private static final LearningRates BY_PART = new LearningRates(
            LEARNING_RATE,
            Map.of(Part.LLM, 3e-3, Part.NORMS, 2e-2, Part.PROJECTOR, 2e-2, Part.EMBEDDING, 5e-3, Part.LORA, 1e-3));

    /** One rank's weights and optimizer. */
    private static final class Replica implements AutoCloseable {
        final TensorArena arena = TensorArena.open("test", 1 << 20);
        final Map<String, Tensor> weights = new TreeMap<>();
        final Gradients gradients;
        final ShardedAdamW optimizer;
        final long plannedBytes;
        final LearningRates rates;

        Replica(Communicator world, boolean sharded) {
            this(world, sharded, Sums.FAST);
        }

        Replica(Communicator world, boolean sharded, Sums sums) {
            this(world, sharded, sums, RATES);
        }

        Replica(Communicator world, boolean sharded, Sums sums, LearningRates rates) {
            this.rates = rates;
            WeightStore store = TestStores.whole(SHAPES, world.index(), world.size(), arena);
            for (String name : SHAPES.keySet()) {
                weights.put(name, store.tensor(name));
                store.tensor(name).copyFrom(initial(name));
            }
            List<TrainedRange> ranges = TrainedRange.of(
                    store.unit("unit"), name -> true, (one, other) -> rate(rates, one) == rate(rates, other));
            List<Gradients.Group> groups = List.of(new Gradients.Group("unit", false, ranges));
            List<WeightStore> stores = Collections.nCopies(ranges.size(), store);
            int rank = world.index();
            plannedBytes = arena.usedBytes()
                    + Gradients.sizeBytes(groups, sharded, sums, rank, world.size())
                    + Gradients.windowBytes(groups, sharded, sums, world.size())
                    + MasterWeights.sizeBytes(ranges, stores, rank, world.size())
                    + ShardedAdamW.sizeBytes(ranges, rank, world.size());
            Kernels kernels = Devices.plain().kernels();
            gradients = Gradients.create(groups, sharded, sums, world, kernels, arena);
            MasterWeights masters = MasterWeights.create(ranges, stores, world, kernels, arena);
            optimizer = ShardedAdamW.create(gradients, masters, world, kernels, SETTINGS, arena);
        }

        ShardedAdamW.Update step(int step, int rank, int worldSize) {
            gradients.begin();
            gradients.open("unit");
            gradients.byName().forEach((name, gradient) -> {
                float[] values = gradient(name, step);
                // Each rank adds its share; the shares differ, their sum does not.
                for (int i = 0; i < values.length; i++) {
                    float share = values[i] / worldSize + 0.01f * (rank - (worldSize - 1) / 2f);
                    add(gradient, i, share);
                }
            });
            gradients.close("unit");
            return optimizer.step(rates, true);
        }

        /** One step on those of some terms of each element that fall to this rank, each added by itself. */
        ShardedAdamW.Update stepOnTerms(int rank, int worldSize) {
            gradients.begin();
            gradients.open("unit");
            gradients.byName().forEach((name, gradient) -> {
                for (int i = 0; i < gradient.elements(); i++) {
                    for (int term = rank; term < 12; term += worldSize) {
                        add(gradient, i, (float) (Math.sin(name.hashCode() + 31 * i + term) * Math.pow(10, term - 9)));
                    }
                }
            });
            gradients.close("unit");
            return optimizer.step(rates, true);
        }

        private static void add(Tensor gradient, int element, float term) {
            if (gradient.dtype() == DType.SUM128) {
                FixedSum sum = new FixedSum();
                sum.load(gradient, element);
                sum.add(term);
                sum.store(gradient, element);
            } else {
                gradient.setFloat(element, gradient.getFloat(element) + term);
            }
        }

        /** One step whose only gradient is this value of one element. */
        ShardedAdamW.Update step(float value, boolean locallyFinite) {
            gradients.begin();
            gradients.open("unit");
            add(gradients.gradient("b.embed_tokens.weight"), 4, value);
            gradients.close("unit");
            return optimizer.step(rates, locallyFinite);
        }

        float[] values() {
            float[] all = new float[elements()];
            int at = 0;
            for (Tensor tensor : weights.values()) {
                float[] part = tensor.toFloats();
                System.arraycopy(part, 0, all, at, part.length);
                at += part.length;
            }
            return all;
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "3,false", "4,false", "40,false", "1,true", "3,true", "40,true"})
    void shouldEqualAdamWInDoubleOnOneRankWhenTheWorldHasAnySize(int worldSize, boolean sharded) {
        assertEqualsOracle(worldSize, sharded, RATES);
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "3,false", "40,false", "1,true", "2,true", "3,true", "40,true"})
    void shouldEqualAdamWWithTheRateOfEachParametersPart(int worldSize, boolean sharded) {
        assertEqualsOracle(worldSize, sharded, BY_PART);
    }

    @Test
    void shouldRefuseRatesThatItsRangesDoNotSeparate() {
        onRanks(1, endpoint -> {
            try (Replica replica = new Replica(endpoint.communicator(world(1)), false)) {
                assertThrows(IllegalArgumentException.class, () -> replica.optimizer.step(BY_PART, true));
            }
            return true;
        });
    }

    private static void assertEqualsOracle(int worldSize, boolean sharded, LearningRates rates) {
        DoubleAdamW oracle = new DoubleAdamW(rates);
        List<Double> norms = new ArrayList<>();
        List<List<float[]>> perRank = onRanks(worldSize, endpoint -> {
            List<float[]> history = new ArrayList<>();
            try (Replica replica = new Replica(endpoint.communicator(world(worldSize)), sharded, Sums.FAST, rates)) {
                for (int step = 0; step < STEPS; step++) {
                    ShardedAdamW.Update update = replica.step(step, endpoint.rank(), worldSize);
                    assertTrue(update.applied());
                    history.add(replica.values());
                    if (endpoint.rank() == 0) {
                        norms.add(update.gradientNorm());
                    }
                }
            }
            return history;
        });
        for (int step = 0; step < STEPS; step++) {
            double norm = oracle.step(step);
            assertEquals(norm, norms.get(step), 1e-4 * norm, "seed=" + SEED + " step=" + step);
            for (int rank = 0; rank < worldSize; rank++) {
                float[] values = perRank.get(rank).get(step);
                assertArrayEquals(perRank.get(0).get(step), values, "rank=" + rank);
                for (int i = 0; i < values.length; i++) {
                    assertEquals(oracle.weights[i], values[i], 1e-6, "seed=" + SEED + " step=" + step + " i=" + i);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "4,false", "2,true", "4,true"})
    void shouldChangeNothingAnywhereWhenOneRankHasAValueThatIsNotFinite(int worldSize, boolean sharded) {
        onRanks(worldSize, endpoint -> {
            Communicator world = endpoint.communicator(world(worldSize));
            for (Sums sums : Sums.values()) {
                try (Replica replica = new Replica(world, sharded, sums)) {
                    assertChangesNothing(replica, endpoint.rank(), worldSize);
                }
            }
            return true;
        });
    }

    private static void assertChangesNothing(Replica replica, int rank, int worldSize) {
        replica.step(0, rank, worldSize);
        float[] before = replica.values();
        float[] stateBefore = state(replica.optimizer);
        boolean last = rank == worldSize - 1;
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertFalse(replica.step(last ? bad : 1, true).applied());
        }
        assertFalse(replica.step(0, !last).applied());
        assertArrayEquals(before, replica.values());
        assertArrayEquals(stateBefore, state(replica.optimizer));
        assertEquals(1, replica.optimizer.steps());
        assertTrue(replica.step(1, rank, worldSize).applied());
    }

    @Test
    void shouldGiveTheSameBitsInEveryWorldWhenSumsAreExact() {
        Set<List<Object>> outcomes = new HashSet<>();
        for (boolean sharded : new boolean[] {false, true}) {
            for (int worldSize : new int[] {1, 2, 3, 5, 12}) {
                outcomes.addAll(onRanks(worldSize, endpoint -> {
                    Communicator world = endpoint.communicator(world(worldSize));
                    try (Replica replica = new Replica(world, sharded, Sums.EXACT)) {
                        double first =
                                replica.stepOnTerms(endpoint.rank(), worldSize).gradientNorm();
                        double second =
                                replica.stepOnTerms(endpoint.rank(), worldSize).gradientNorm();
                        assertTrue(replica.arena.usedBytes() <= replica.plannedBytes);
                        return List.of(first, second, Arrays.toString(replica.values()));
                    }
                }));
            }
        }
        assertEquals(1, outcomes.size(), outcomes.toString());
    }

    @Test
    void shouldGoOnAsIfNothingHadHappenedWhenStateMovesToAWorldOfAnotherSize() {
        int half = STEPS / 2;
        DoubleAdamW oracle = new DoubleAdamW(RATES);
        for (int step = 0; step < STEPS; step++) {
            oracle.step(step);
        }
        for (int[] sizes : new int[][] {{1, 3}, {4, 1}, {2, 4}, {3, 2}}) {
            List<Replica> former = onRanks(sizes[0], endpoint -> {
                Replica replica = new Replica(endpoint.communicator(world(sizes[0])), false);
                for (int step = 0; step < half; step++) {
                    replica.step(step, endpoint.rank(), sizes[0]);
                }
                return replica;
            });
            List<float[]> resumed = onRanks(sizes[1], endpoint -> {
                try (Replica replica = new Replica(endpoint.communicator(world(sizes[1])), false)) {
                    restore(replica, former, half);
                    for (int step = half; step < STEPS; step++) {
                        replica.step(step, endpoint.rank(), sizes[1]);
                    }
                    return replica.values();
                }
            });
            for (int i = 0; i < oracle.weights.length; i++) {
                assertEquals(oracle.weights[i], resumed.getFirst()[i], 1e-6, "seed=" + SEED + " i=" + i);
            }
            former.forEach(Replica::close);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,false", "3,false", "3,true"})
    void shouldTakeAsMuchMemoryAsPlanned(int worldSize, boolean sharded) {
        onRanks(worldSize, endpoint -> {
            try (Replica replica = new Replica(endpoint.communicator(world(worldSize)), sharded)) {
                assertEquals(replica.plannedBytes, replica.arena.usedBytes());
            }
            return true;
        });
    }

    private static void restore(Replica replica, List<Replica> former, int steps) {
        replica.weights.forEach((name, tensor) ->
                tensor.copyFrom(Objects.requireNonNull(former.getFirst().weights.get(name))));
        for (ShardedAdamW.StatePiece own : replica.optimizer.statePieces()) {
            for (Replica rank : former) {
                rank.optimizer.statePieces().forEach(other -> copyOverlap(other, own));
            }
        }
        replica.optimizer.resumeAt(steps);
    }

    private static void copyOverlap(ShardedAdamW.StatePiece source, ShardedAdamW.StatePiece target) {
        for (long i = 0; source.name().equals(target.name()) && i < target.m().elements(); i++) {
            long j = i + target.from() - source.from();
            if (j >= 0 && j < source.m().elements()) {
                target.m().setFloat(i, source.m().getFloat(j));
                target.v().setFloat(i, source.v().getFloat(j));
            }
        }
    }

    private static float[] state(ShardedAdamW optimizer) {
        List<Float> values = new ArrayList<>();
        for (ShardedAdamW.StatePiece piece : optimizer.statePieces()) {
            for (float value : piece.m().toFloats()) {
                values.add(value);
            }
            for (float value : piece.v().toFloats()) {
                values.add(value);
            }
        }
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    private static <T> List<T> onRanks(int worldSize, RankThreads.RankWork<T> work) {
        try (InProcessTransport transport = InProcessTransport.open(worldSize)) {
            return RankThreads.run(transport.endpoints(), work);
        }
    }

    private static List<Integer> world(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    private static double rate(LearningRates rates, String name) {
        return rates.of(TrainableSet.partOf(name));
    }

    private static int elements() {
        return (int) SHAPES.values().stream().mapToLong(Tensor::elements).sum();
    }

    private static float[] initial(String name) {
        return draw(name, -1);
    }

    private static float[] gradient(String name, int step) {
        return draw(name, step);
    }

    private static float[] draw(String name, int step) {
        Random random = new Random(SEED + 31L * name.hashCode() + step);
        float[] values = new float[(int) Tensor.elements(Objects.requireNonNull(SHAPES.get(name)))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * 0.3f;
        }
        return values;
    }

    /** AdamW with clipping on one rank, everything in double. */
    private static final class DoubleAdamW {
        final double[] weights = new double[elements()];
        private final double[] m = new double[elements()];
        private final double[] v = new double[elements()];

        private final double[] rates = new double[elements()];

        DoubleAdamW(LearningRates rates) {
            fill(weights, ShardedAdamWTest::initial);
            int at = 0;
            for (Map.Entry<String, int[]> shape : SHAPES.entrySet()) {
                int end = at + (int) Tensor.elements(shape.getValue());
                Arrays.fill(this.rates, at, end, rate(rates, shape.getKey()));
                at = end;
            }
        }

        double step(int step) {
            double[] g = new double[elements()];
            fill(g, name -> gradient(name, step));
            double norm = 0;
            for (double value : g) {
                norm += value * value;
            }
            norm = Math.sqrt(norm);
            double clip = Math.min(1, SETTINGS.clipNorm() / (norm + 1e-6));
            int t = step + 1;
            for (int i = 0; i < g.length; i++) {
                double gradient = g[i] * clip;
                weights[i] -= rates[i] * SETTINGS.weightDecay() * weights[i];
                m[i] = SETTINGS.beta1() * m[i] + (1 - SETTINGS.beta1()) * gradient;
                v[i] = SETTINGS.beta2() * v[i] + (1 - SETTINGS.beta2()) * gradient * gradient;
                double mHat = m[i] / (1 - Math.pow(SETTINGS.beta1(), t));
                double vHat = v[i] / (1 - Math.pow(SETTINGS.beta2(), t));
                weights[i] -= rates[i] * mHat / (Math.sqrt(vHat) + SETTINGS.epsilon());
            }
            return norm;
        }

        private static void fill(double[] target, Function<String, float[]> source) {
            int at = 0;
            for (String name : SHAPES.keySet()) {
                for (float value : source.apply(name)) {
                    target[at++] = value;
                }
            }
        }
    }
}
