package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.TrainSession.StepReport;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames that a frozen tower has encoded before are not read again, and nothing else changes: to the bit, wherever they come from and whatever comes with them. */
class FrameReuseTest {
    private static final StageSettings PROJECTOR = GoldenSteps.stage(Set.of(Part.PROJECTOR), Optional.empty());
    private static final StageSettings TOWER = GoldenSteps.stage(Set.of(Part.VISION_TOWER), Optional.empty());
    private static final int EPOCHS = 3;
    /** Frames of each video: together more than a chunk, so that ranks and epochs differ in how many they encode. */
    private static final int[] VIDEOS = {37, 5, 1, 11};

    private static final long EVERYTHING = 1 << 20;

    @TempDir
    Path directory;

    /** What a run left on its ranks. */
    private record Run(
            List<List<StepReport>> reports, List<List<FrameUse>> uses, long framesRead, Map<String, float[]> weights) {}

    @ParameterizedTest
    @CsvSource({
        "gqa-even,1,1,OPTIMIZER",
        "gqa-even,1,1,PARAMETERS",
        "gqa-even,1,2,OPTIMIZER",
        "gqa-even,1,2,PARAMETERS",
        "gqa-even,2,1,OPTIMIZER",
        "gqa-even,2,1,GRADIENTS",
        "gqa-even,2,1,PARAMETERS",
        "mha-odd-grid,1,2,PARAMETERS"
    })
    void shouldTrainAlikeWithAndWithoutKeptFrames(String model, int data, int ring, State state) {
        Mesh mesh = new Mesh(data, ring, 1);
        SessionOptions options = ShardedStateTest.options(state, PrecisionSettings.Weights.FP32);
        Run without = run(model, mesh, options);
        Run with = run(model, mesh, options.withFrozenFrameBytes(EVERYTHING));
        Run some = run(model, mesh, options.withFrozenFrameBytes(7 * frameBytes(model)));
        long frames = (long) EPOCHS * Arrays.stream(VIDEOS).sum();
        assertEquals(frames, without.framesRead);
        assertEquals(frames, total(without, FrameUse::encoded));
        for (Run run : List.of(with, some)) {
            assertSame(without, run, mesh + " " + state);
            assertEquals(run.framesRead, total(run, FrameUse::encoded));
            assertEquals(frames, run.framesRead + total(run, FrameUse::reused));
            assertTrue(total(run, FrameUse::reused) > 0);
        }
        if (mesh.worldSize() == 1) {
            assertEquals(frames / EPOCHS, with.framesRead);
        }
    }

    @Test
    void shouldTrainAlikeWhenProductsAreNarrow() {
        SessionOptions options = SessionOptions.DEFAULTS.withPrecision(
                new PrecisionSettings(PrecisionSettings.Weights.BF16, Exchange.FP32, Products.BF16, Sums.FAST));
        assertSame(
                run("gqa-even", Mesh.single(), options),
                run("gqa-even", Mesh.single(), options.withFrozenFrameBytes(EVERYTHING)),
                "BF16");
    }

    /** Between two stages with a frozen tower, one that trains it. */
    @Test
    void shouldForgetFramesWhenTowerTrains() {
        SessionOptions kept = SessionOptions.DEFAULTS.withFrozenFrameBytes(EVERYTHING);
        assertEquals(threeStages(SessionOptions.DEFAULTS), threeStages(kept));
    }

    /** Weights that come from elsewhere are other ones. */
    @Test
    void shouldForgetFramesWhenWeightsAreReplaced() {
        ModelConfig config = config("gqa-even");
        SessionOptions kept = SessionOptions.DEFAULTS.withFrozenFrameBytes(EVERYTHING);
        List<FrameUse> uses = onRanks("gqa-even", Mesh.single(), kept, (session, rank) -> {
                    List<FrameUse> seen = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        session.initialize(i);
                        session.beginStage(PROJECTOR);
                        session.step(List.of(batch(config, 0, new AtomicLong(), 1)), 1e-3);
                        seen.add(session.frameUse());
                    }
                    session.beginStage(PROJECTOR); // the tower is still the same
                    session.step(List.of(batch(config, 0, new AtomicLong(), 1)), 1e-3);
                    seen.add(session.frameUse());
                    return seen;
                })
                .getFirst();
        FrameUse all = new FrameUse(VIDEOS[1], 0);
        assertEquals(List.of(all, all, all, new FrameUse(0, VIDEOS[1])), uses);
    }

    private List<StepReport> threeStages(SessionOptions options) {
        ModelConfig config = config("gqa-even");
        return onRanks("gqa-even", Mesh.single(), options, (session, rank) -> {
                    List<StepReport> reports = new ArrayList<>();
                    session.initialize(3);
                    for (StageSettings stage : List.of(PROJECTOR, TOWER, PROJECTOR)) {
                        session.beginStage(stage);
                        for (int step = 0; step < 2; step++) {
                            PackedBatch batch = batch(config, step, new AtomicLong(), 1, 2);
                            reports.add(session.step(List.of(batch), 1e-2));
                        }
                        session.endStage();
                    }
                    return reports;
                })
                .getFirst();
    }

    /** Each epoch has all videos, packed with others than in the one before, in micro-batches that replicas share unevenly. */
    private Run run(String model, Mesh mesh, SessionOptions options) {
        ModelConfig config = config(model);
        AtomicLong read = new AtomicLong();
        Path out = directory.resolve("model-" + System.identityHashCode(read));
        List<List<FrameUse>> uses = new ArrayList<>();
        List<List<StepReport>> reports = onRanks(model, mesh, options, (session, rank) -> {
            session.load(golden(model));
            session.beginStage(PROJECTOR);
            List<StepReport> made = new ArrayList<>();
            List<FrameUse> used = new ArrayList<>();
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                int[] order = {epoch % 4, (epoch + 1) % 4, (epoch + 2) % 4, (epoch + 3) % 4};
                List<PackedBatch> batches = List.of(
                        batch(config, epoch, read, order[0], order[1]),
                        batch(config, epoch, read),
                        batch(config, epoch, read, order[2]),
                        batch(config, epoch, read, order[3]));
                int replica = mesh.dataOf(rank);
                made.add(session.step(
                        IntStream.range(0, batches.size())
                                .filter(i -> (i == 0 ? 0 : 1) % mesh.dataDegree() == replica)
                                .mapToObj(batches::get)
                                .toList(),
                        1e-2));
                used.add(session.frameUse());
            }
            session.endStage();
            session.exportModel(out);
            synchronized (uses) {
                uses.add(used);
            }
            return made;
        });
        return new Run(reports, uses, read.get(), GoldenSteps.weights(out));
    }

    private static long total(Run run, ToLongFunction<FrameUse> count) {
        return run.uses.stream().flatMap(List::stream).mapToLong(count).sum();
    }

    private static void assertSame(Run expected, Run actual, String what) {
        assertEquals(expected.reports, actual.reports, what);
        assertEquals(expected.weights.keySet(), actual.weights.keySet());
        expected.weights.forEach((name, values) ->
                assertArrayEquals(bits(values), bits(actual.weights.getOrDefault(name, new float[0])), name));
    }

    private static int[] bits(float[] values) {
        return IntStream.range(0, values.length)
                .map(i -> Float.floatToRawIntBits(values[i]))
                .toArray();
    }

    /** Videos by number and a few tokens behind them, one document. */
    private static PackedBatch batch(ModelConfig config, int salt, AtomicLong read, int... videos) {
        List<Counted> frames = Arrays.stream(videos)
                .mapToObj(video -> new Counted(new SyntheticFrames(VIDEOS[video], video + 1), read))
                .toList();
        int count = frames.stream().mapToInt(Counted::frameCount).sum();
        int[] ids = new int[count + 9];
        Arrays.fill(ids, 1, count + 1, config.imageToken());
        for (int i = count + 1; i < ids.length; i++) {
            ids[i] = 3 + (salt + 5 * i) % 40;
        }
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, count + 2, -100);
        return PackedBatch.single(ids, labels, config.imageToken(), JoinedFrames.of(frames));
    }

    private record Counted(FrameSource frames, AtomicLong read) implements FrameSource {
        @Override
        public int frameCount() {
            return frames.frameCount();
        }

        @Override
        public long key(int frame) {
            return frames.key(frame);
        }

        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            read.addAndGet(to - from);
            frames.read(from, to, pixels_F3hw);
        }
    }

    private static long frameBytes(String model) {
        ModelConfig.Vision vision = config(model).vision();
        return TensorArena.sizeBytes(DType.F32, vision.patches(), vision.hiddenSize());
    }

    private static ModelConfig config(String model) {
        return VilaCheckpoint.readConfig(golden(model));
    }

    private static Path golden(String model) {
        return Path.of("src/test/resources/golden", model, "checkpoint");
    }

    private interface Work<T> {
        T run(MmspSession session, int rank);
    }

    private static <T> List<T> onRanks(String model, Mesh mesh, SessionOptions options, Work<T> work) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<RankEndpoint> endpoints = transport.endpoints();
            return RankThreads.run(endpoints, endpoint -> {
                try (MmspSession session = MmspSession.open(config(model), Devices.cpu(), mesh, options, endpoint)) {
                    return work.run(session, endpoint.rank());
                }
            });
        }
    }
}
