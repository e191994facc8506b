package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten AdamW steps on one batch, against the losses and gradient norms that PyTorch wrote down. */
class GoldenTrainingTest {
    private static final double TOLERANCE = 1e-3;
    private static final int STEPS = 10;

    @ParameterizedTest
    @CsvSource({
        "gqa-even,1,1",
        "gqa-even,2,2",
        "gqa-even,4,2",
        "gqa-even,3,1",
        "mha-odd-grid,1,1",
        "mha-odd-grid,2,2",
        "mha-odd-grid,1,5"
    })
    void shouldFollowPyTorchForTenSteps(String name, int ring, int ulysses) {
        Path golden = Path.of("src/test/resources/golden", name);
        Mesh mesh = new Mesh(1, ring, ulysses);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh));
                SafetensorsFile expected = SafetensorsFile.open(golden.resolve("training.safetensors"))) {
            List<double[][]> results =
                    RankThreads.run(transport.endpoints(), endpoint -> train(golden, mesh, endpoint));
            for (double[][] rank : results) {
                assertArrayEquals(results.getFirst()[0], rank[0], "all ranks report the same losses");
                assertArrayEquals(results.getFirst()[1], rank[1], "all ranks report the same norms");
            }
            compare(expected.floats("losses"), results.getFirst()[0], name + " losses " + mesh);
            compare(expected.floats("grad_norms"), results.getFirst()[1], name + " norms " + mesh);
        }
    }

    private static double[][] train(Path golden, Mesh mesh, RankEndpoint endpoint) {
        Path checkpoint = golden.resolve("checkpoint");
        ModelConfig config = VilaCheckpoint.readConfig(checkpoint);
        PackedBatch batch =
                BatchFile.read(golden.resolve("batch.safetensors"), config).packed();
        double[][] results = new double[2][STEPS];
        try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, SessionOptions.DEFAULTS, endpoint)) {
            session.load(checkpoint);
            session.beginStage(new StageSettings(
                    "all",
                    Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
                    Optional.empty(),
                    4096,
                    new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.01, 1.0),
                    List.of(),
                    Optional.empty()));
            for (int step = 0; step < STEPS; step++) {
                TrainSession.StepReport report = session.step(List.of(batch), 1e-3);
                assertTrue(report.applied());
                results[0][step] = report.loss();
                results[1][step] = report.gradientNorm();
            }
        }
        return results;
    }

    private static void compare(float[] expected, double[] actual, String what) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(expected[i] - actual[i]) / Math.abs(expected[i]);
            int step = i;
            assertTrue(
                    difference <= TOLERANCE,
                    () -> "%s step=%d expected=%g actual=%g".formatted(what, step, expected[step], actual[step]));
        }
    }
}
