package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stopping and going on changes nothing on the same mesh, and next to nothing on another one; with adapters as without. */
class SessionResumeTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even");
    private static final int STEPS = 6;
    private static final int STOP_AFTER = 3;

    @TempDir
    Path directory;

    private final List<StageSettings> stages = new ArrayList<>();
    private SessionOptions options = SessionOptions.DEFAULTS;

    @BeforeEach
    void stages() {
        stages.add(stage("full", Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM), Optional.empty()));
        stages.add(stage(
                "adapters", Set.of(Part.LORA, Part.NORMS, Part.EMBEDDING), Optional.of(new StageSettings.Lora(4, 8))));
        stages.add(GoldenSteps.at(GoldenSteps.BY_PART, GoldenSteps.FULL));
    }

    @Test
    void shouldGoOnWithTheSameBitsOnTheSameMesh() {
        for (StageSettings stage : stages) {
            Mesh mesh = new Mesh(1, 2, 2);
            double[] whole = onMesh(mesh, session -> losses(session, stage, 0, STEPS));
            stopped(stage, mesh);
            assertArrayEquals(tail(whole), resumed(stage, mesh), stage.name());
        }
    }

    @Test
    void shouldGoOnOnAnotherMesh() {
        for (StageSettings stage : stages) {
            double[] whole = onMesh(Mesh.single(), session -> losses(session, stage, 0, STEPS));
            stopped(stage, new Mesh(1, 2, 2));
            double[] resumed = resumed(stage, new Mesh(1, 3, 1));
            for (int i = 0; i < resumed.length; i++) {
                assertEquals(tail(whole)[i], resumed[i], 1e-4 * tail(whole)[i], stage.name() + " step " + i);
            }
        }
    }

    @Test
    void shouldGoOnWithTheSameBitsOnAnotherMeshWhenSumsAreExact() {
        options = SessionOptions.DEFAULTS.withPrecision(new PrecisionSettings(
                PrecisionSettings.Weights.FP32, PrecisionSettings.Exchange.FP32, PrecisionSettings.Sums.EXACT));
        for (StageSettings stage : stages) {
            double[] whole = onMesh(Mesh.single(), session -> losses(session, stage, 0, STEPS));
            stopped(stage, new Mesh(1, 2, 2));
            assertArrayEquals(tail(whole), resumed(stage, new Mesh(1, 3, 1)), stage.name());
        }
    }

    /** A checkpoint knows neither how state was sharded nor in what numbers weights were kept. */
    @Test
    void shouldGoOnWithTheSameBitsWhenStateLiesElsewhere() {
        for (StageSettings stage : stages) {
            for (PrecisionSettings.Weights weights : PrecisionSettings.Weights.values()) {
                Mesh mesh = new Mesh(1, 2, 2);
                options = ShardedStateTest.options(State.OPTIMIZER, weights);
                double[] whole = onMesh(mesh, session -> losses(session, stage, 0, STEPS));
                for (State[] way : new State[][] {
                    {State.PARAMETERS, State.PARAMETERS},
                    {State.OPTIMIZER, State.PARAMETERS},
                    {State.PARAMETERS, State.GRADIENTS}
                }) {
                    options = ShardedStateTest.options(way[0], weights);
                    stopped(stage, mesh);
                    options = ShardedStateTest.options(way[1], weights);
                    String what = stage.name() + " " + weights + " " + List.of(way);
                    assertArrayEquals(tail(whole), resumed(stage, mesh), what);
                }
            }
        }
    }

    @Test
    void shouldGoOnOnAnotherMeshWithOtherSharding() {
        for (StageSettings stage : stages) {
            double[] whole = onMesh(Mesh.single(), session -> losses(session, stage, 0, STEPS));
            for (State[] way :
                    new State[][] {{State.OPTIMIZER, State.PARAMETERS}, {State.PARAMETERS, State.OPTIMIZER}}) {
                options = ShardedStateTest.options(way[0], PrecisionSettings.Weights.FP32);
                stopped(stage, new Mesh(1, 2, 2));
                options = ShardedStateTest.options(way[1], PrecisionSettings.Weights.FP32);
                double[] resumed = resumed(stage, new Mesh(1, 3, 1));
                for (int i = 0; i < resumed.length; i++) {
                    assertEquals(tail(whole)[i], resumed[i], 1e-4 * tail(whole)[i], stage.name() + " step " + i);
                }
            }
        }
    }

    private void stopped(StageSettings stage, Mesh mesh) {
        Path target = checkpoint(stage);
        List<TrainSession.SliceFile> slices = new ArrayList<>(run(mesh, session -> {
            losses(session, stage, 0, STOP_AFTER);
            return session.saveSlice(target);
        }));
        new CheckpointManifest("test", 7, stage.name(), STOP_AFTER, STOP_AFTER, mesh, 1e6, slices).write(target);
    }

    private double[] resumed(StageSettings stage, Mesh mesh) {
        return onMesh(mesh, session -> {
            session.beginStage(stage);
            session.restore(checkpoint(stage));
            return steps(session, stage, STOP_AFTER, STEPS);
        });
    }

    private Path checkpoint(StageSettings stage) {
        try {
            return Files.createDirectories(directory.resolve(stage.name()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[] losses(MmspSession session, StageSettings stage, int from, int to) {
        session.load(GOLDEN.resolve("checkpoint"));
        session.beginStage(stage);
        return steps(session, stage, from, to);
    }

    private static double[] steps(MmspSession session, StageSettings stage, int from, int to) {
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve("checkpoint"));
        PackedBatch batch =
                BatchFile.read(GOLDEN.resolve("batch.safetensors"), config).packed();
        return IntStream.range(from, to)
                .mapToDouble(step -> session.step(List.of(batch), GoldenSteps.rates(stage, step))
                        .loss())
                .toArray();
    }

    private double[] onMesh(Mesh mesh, Function<MmspSession, double[]> work) {
        return run(mesh, work).getFirst();
    }

    private <T> List<T> run(Mesh mesh, Function<MmspSession, T> work) {
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve("checkpoint"));
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<RankEndpoint> endpoints = transport.endpoints();
            return RankThreads.run(endpoints, endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    return work.apply(session);
                }
            });
        }
    }

    private static double[] tail(double[] losses) {
        return Arrays.copyOfRange(losses, STOP_AFTER, STEPS);
    }

    private static StageSettings stage(String name, Set<Part> parts, Optional<StageSettings.Lora> lora) {
        return new StageSettings(
                name,
                parts,
                lora,
                4096,
                new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.0, 1.0),
                List.of(),
                Optional.empty());
    }
}
