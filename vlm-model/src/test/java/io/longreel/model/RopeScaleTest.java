package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.StageSettings.Rope;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.decoder.RotaryTable;
import io.longreel.model.state.Arenas;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linear scaling of positions from some step on: what a phase sets. */
class RopeScaleTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even/checkpoint");
    private static final Rope BY_FOUR = new Rope(Optional.empty(), Optional.of(4.0));

    @Test
    void shouldDividePositionsByTheScale() {
        try (RotaryTable plain = new RotaryTable(8, 1e4, 1, Arenas.REAL);
                RotaryTable scaled = new RotaryTable(8, 1e4, 1, Arenas.REAL)) {
            plain.ensure(16);
            scaled.ensure(64);
            scaled.set(1e4, 4);
            for (int position = 0; position < 16; position++) {
                assertArrayEquals(
                        plain.cos().slice(position, position + 1).toFloats(),
                        scaled.cos().slice(4 * position, 4 * position + 1).toFloats());
                assertArrayEquals(
                        plain.sin().slice(position, position + 1).toFloats(),
                        scaled.sin().slice(4 * position, 4 * position + 1).toFloats());
            }
        }
    }

    @Test
    void shouldHoldFromWhereItIsSetAndInTheExport(@TempDir Path directory) throws IOException {
        Path scaled = directory.resolve("scaled");
        double[] losses = onSession(VilaCheckpoint.readConfig(GOLDEN), session -> {
            session.load(GOLDEN);
            session.beginStage(GoldenSteps.FULL);
            double before = session.step(List.of(text()), 1e-9).loss();
            session.rope(BY_FOUR);
            double after = session.step(List.of(text()), 1e-9).loss();
            session.endStage();
            session.exportModel(scaled);
            return new double[] {before, after};
        });
        assertNotEquals(losses[0], losses[1], 1e-6);
        ModelConfig config = VilaCheckpoint.readConfig(scaled);
        assertEquals(4, config.llm().ropeScale());
        assertEquals(
                VilaCheckpoint.readConfig(GOLDEN).llm().ropeTheta(),
                config.llm().ropeTheta());
        JsonNode json =
                new ObjectMapper().readTree(scaled.resolve("llm/config.json").toFile());
        assertEquals("linear", json.at("/rope_scaling/type").asText());
        assertEquals(4, json.at("/rope_scaling/factor").asDouble());
        // A model that starts with the scale is the model that was given it.
        double[] loaded = onSession(config, session -> {
            session.load(scaled);
            session.beginStage(GoldenSteps.FULL);
            return new double[] {session.step(List.of(text()), 1e-9).loss()};
        });
        assertEquals(losses[1], loaded[0], 1e-6);
    }

    private static PackedBatch text() {
        int[] ids = IntStream.range(3, 40).toArray();
        return PackedBatch.single(
                ids,
                Arrays.copyOf(ids, ids.length),
                VilaCheckpoint.readConfig(GOLDEN).imageToken(),
                FrameSource.NONE);
    }

    private interface Work {
        double[] on(MmspSession session);
    }

    private static double[] onSession(ModelConfig config, Work work) {
        Mesh mesh = Mesh.single();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                        try (MmspSession session =
                                MmspSession.open(config, Devices.cpu(), mesh, SessionOptions.DEFAULTS, endpoint)) {
                            return work.on(session);
                        }
                    })
                    .getFirst();
        }
    }
}
