package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingStateTest {
    private static final StageSettings.Optimizer SETTINGS = new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.1, 1.0);

    /** Weights (one of them frozen) and optimizer of one rank; entries in the order that {@code reversed} says. */
    private static final class Rank implements AutoCloseable {
        final TensorArena arena = TensorArena.open("test", 1 << 16);
        final Map<String, Tensor> weights = new LinkedHashMap<>();
        final ShardedAdamW optimizer;

        Rank(Communicator world, boolean reversed) {
            List<String> names = List.of("a", "b", "frozen", "z");
            for (String name : reversed ? names.reversed() : names) {
                Tensor tensor = arena.zeros(name.length() + 2, 11);
                weights.put(name, tensor);
            }
            List<ShardedAdamW.Entry> entries = new ArrayList<>();
            weights.forEach((name, tensor) -> {
                if (!name.equals("frozen")) {
                    entries.add(new ShardedAdamW.Entry(name, tensor));
                }
            });
            optimizer = ShardedAdamW.create(entries, world, Devices.plain().kernels(), SETTINGS, Sums.FAST, arena);
        }

        void step(int step) {
            optimizer.zeroGradients();
            for (String name : weights.keySet()) {
                Tensor gradient = optimizer.gradient(name);
                Random random = new Random(name.hashCode() * 31L + step);
                for (long i = 0; gradient != null && i < gradient.elements(); i++) {
                    gradient.setFloat(i, random.nextFloat() - 0.5f);
                }
            }
            optimizer.step(0.1, true);
        }

        /** Weights and this rank's state by kind, name and element. */
        Map<String, Float> state() {
            Map<String, Float> state = new TreeMap<>();
            weights.forEach((name, tensor) -> put(state, "weight " + name, 0, tensor));
            for (ShardedAdamW.StatePiece piece : optimizer.statePieces()) {
                put(state, "m " + piece.name(), piece.from(), piece.m());
                put(state, "v " + piece.name(), piece.from(), piece.v());
            }
            return state;
        }

        private static void put(Map<String, Float> state, String name, long from, Tensor values) {
            for (int i = 0; i < values.elements(); i++) {
                state.put(name + " " + (from + i), values.getFloat(i));
            }
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3", "4,2", "3,1", "2,5"})
    void shouldRestoreEveryBitWhenAnotherMeshWithAnotherOrderReads(int writers, int readers, @TempDir Path directory)
            throws IOException {
        Map<String, Float> written = new TreeMap<>();
        List<SliceFile> slices = onRanks(writers, endpoint -> {
            try (Rank rank = new Rank(endpoint.communicator(world(writers)), false)) {
                Objects.requireNonNull(rank.weights.get("frozen")).setFloat(3, 0.25f);
                for (int step = 0; step < 3; step++) {
                    rank.step(step);
                }
                synchronized (written) {
                    written.putAll(rank.state());
                }
                return TrainingState.save(directory, endpoint.rank(), writers, rank.weights, rank.optimizer);
            }
        });
        new CheckpointManifest("run", 3, "sft", 3, 3, new Mesh(1, 1, writers), 1e6, slices).write(directory);
        assertEquals(writers, CheckpointStore.verify(directory).slices().size());
        Map<String, Float> restored = new TreeMap<>();
        List<float[]> continued = onRanks(readers, endpoint -> {
            try (Rank rank = new Rank(endpoint.communicator(world(readers)), true);
                    TrainingCheckpoint checkpoint = TrainingCheckpoint.open(directory)) {
                TrainingState.restore(checkpoint, rank.weights, rank.optimizer);
                assertEquals(3, rank.optimizer.steps());
                synchronized (restored) {
                    restored.putAll(rank.state());
                }
                rank.step(3);
                return Objects.requireNonNull(rank.weights.get("z")).toFloats();
            }
        });
        assertEquals(written, restored);
        continued.forEach(values -> assertArrayEquals(continued.getFirst(), values));
        try (var files = Files.list(directory)) {
            assertTrue(files.noneMatch(file -> file.toString().contains(".tmp-")));
        }
    }

    private static <T> List<T> onRanks(int worldSize, RankThreads.RankWork<T> work) {
        try (InProcessTransport transport = InProcessTransport.open(worldSize)) {
            List<RankEndpoint> endpoints = transport.endpoints();
            return RankThreads.run(endpoints, work);
        }
    }

    private static List<Integer> world(int size) {
        return IntStream.range(0, size).boxed().toList();
    }
}
