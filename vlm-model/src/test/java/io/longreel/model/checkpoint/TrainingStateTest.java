package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.LearningRates;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.optim.Gradients;
import io.longreel.model.optim.MasterWeights;
import io.longreel.model.optim.ShardedAdamW;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingStateTest {
    private static final Kernels KERNELS = Devices.plain().kernels();
    private static final StageSettings.Optimizer SETTINGS = new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.1, 1.0);

    /** Weights (one of them frozen) and optimizer of one rank; entries in the order that {@code reversed} says. */
    private static final class Rank implements AutoCloseable {
        final TensorArena arena = TensorArena.open("test", 1 << 17);
        final WeightStore store;
        final Gradients gradients;
        final ShardedAdamW optimizer;

        Rank(Communicator world, boolean reversed, WeightStore.Form form, boolean sharded) {
            List<String> names = List.of("a", "b", "frozen", "z");
            List<ParameterSpec> specs = (reversed ? names.reversed() : names)
                    .stream()
                            .map(name -> new ParameterSpec(name, new int[] {name.length() + 2, 11}))
                            .toList();
            Unit unit = Unit.of("unit", specs);
            store = WeightStore.allocate(List.of(unit), form, world.index(), world.size(), arena);
            fill((spec, from, target) -> target.zero());
            List<TrainedRange> ranges = TrainedRange.of(unit, name -> !name.equals("frozen"));
            gradients = Gradients.create(
                    List.of(new Gradients.Group("unit", false, ranges)), sharded, Sums.FAST, world, KERNELS, arena);
            List<WeightStore> stores = ranges.stream().map(range -> store).toList();
            MasterWeights masters = MasterWeights.create(ranges, stores, world, KERNELS, arena);
            optimizer = ShardedAdamW.create(gradients, masters, world, KERNELS, SETTINGS, arena);
        }

        void fill(WeightStore.Filler filler) {
            store.fill(filler, KERNELS);
        }

        void step(int step) {
            gradients.begin();
            gradients.open("unit");
            gradients.byName().forEach((name, gradient) -> {
                Random random = new Random(name.hashCode() * 31L + step);
                for (long i = 0; i < gradient.elements(); i++) {
                    gradient.setFloat(i, random.nextFloat() - 0.5f);
                }
            });
            gradients.close("unit");
            optimizer.step(LearningRates.of(0.1), true);
        }

        /** Weights and this rank's state by kind, name and element. */
        Map<String, Float> state() {
            Map<String, Float> state = new TreeMap<>();
            for (WeightStore.Part part : store.ownParts(KERNELS, arena)) {
                put(state, "weight " + part.spec().name(), part.from(), part.values());
            }
            for (WeightStore.Part part : optimizer.masters().parts()) {
                put(state, "master " + part.spec().name(), part.from(), part.values());
            }
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
    @CsvSource({
        "1,3,F32,false,F32,false",
        "4,2,F32,false,F32,false",
        "3,1,F32,false,F32,true",
        "2,5,F32,true,F32,false",
        "2,3,F32,true,F32,true",
        "3,2,BF16,false,BF16,true",
        "2,4,BF16,true,BF16,false"
    })
    void shouldRestoreEveryBitWhenAnotherMeshWithAnotherOrderAndShardingReads(
            int writers,
            int readers,
            DType wrote,
            boolean writersShard,
            DType read,
            boolean readersShard,
            @TempDir Path directory)
            throws IOException {
        Map<String, Float> written = new TreeMap<>();
        List<SliceFile> slices = onRanks(writers, endpoint -> {
            Communicator world = endpoint.communicator(world(writers));
            try (Rank rank = new Rank(world, false, new WeightStore.Form(wrote, writersShard), writersShard)) {
                rank.fill((spec, from, target) -> {
                    for (int i = 0; i < target.elements(); i++) {
                        target.setFloat(i, spec.name().hashCode() % 7 + 0.37f * (from + i));
                    }
                });
                rank.optimizer.masters().reload();
                for (int step = 0; step < 3; step++) {
                    rank.step(step);
                }
                synchronized (written) {
                    written.putAll(rank.state());
                }
                return TrainingState.save(directory, endpoint.rank(), List.of(rank.store), rank.optimizer, KERNELS);
            }
        });
        new CheckpointManifest("run", 3, "sft", 3, 3, new Mesh(1, 1, writers), 1e6, slices).write(directory);
        assertEquals(writers, CheckpointStore.verify(directory).slices().size());
        Map<String, Float> restored = new TreeMap<>();
        onRanks(readers, endpoint -> {
            Communicator world = endpoint.communicator(world(readers));
            try (Rank rank = new Rank(world, true, new WeightStore.Form(read, readersShard), readersShard);
                    TrainingCheckpoint checkpoint = TrainingCheckpoint.open(directory)) {
                TrainingState.restore(checkpoint, List.of(rank.store), rank.optimizer, KERNELS);
                assertEquals(3, rank.optimizer.steps());
                synchronized (restored) {
                    restored.putAll(rank.state());
                }
                rank.step(3);
                assertEquals(4, rank.optimizer.steps());
            }
            return true;
        });
        assertEquals(written, restored);
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
