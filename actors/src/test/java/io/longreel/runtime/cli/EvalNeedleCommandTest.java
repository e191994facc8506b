package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval needle} on a tiny model; what it counts is {@code NeedleExamTest}'s. */
final class EvalNeedleCommandTest {
    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void write() {
        FootageGenerator.generate(folder.resolve("a.mp4"), new GeneratedFootage(48, 64, 48, 8), 1);
        ModelConfig config = new ModelConfig(
                new ModelConfig.Vision(16, 24, 2, 2, 56, 14, 1e-6f, -2),
                new ModelConfig.Llm(320, 32, 48, 2, 4, 2, 64, 1e6, 1, 1e-6f, true),
                ModelConfig.MLP_DOWNSAMPLE,
                319);
        Mesh mesh = Mesh.single();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session =
                        MmspSession.open(config, Devices.plain(), mesh, SessionOptions.DEFAULTS, endpoint)) {
                    session.initialize(1);
                    session.exportModel(folder.resolve("model"), Map.of());
                }
                return 0;
            });
        }
    }

    private int command(String... options) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(
                "eval",
                "needle",
                "--model",
                folder.resolve("model").toString(),
                "--out",
                results().toString()));
        all.addAll(List.of(options));
        return Main.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    private static Path results() {
        return folder.resolve("results");
    }

    private static String footage() {
        return folder.resolve("a.mp4").toString();
    }

    @Test
    void shouldSayHowEachCellWent() {
        // Six seconds of footage.
        String[] options = {
            "--haystack", footage(), "--fps", "2", "--frames", "8,4", "--depths", "0,1", "--mesh", "ring=2"
        };
        assertEquals(Main.OK, command(options), err::toString);
        assertTrue(
                out.toString().contains("4 cells of 5 tests, up to 64 tokens; the footage has 12 frames\n"),
                out::toString);
        assertTrue(out.toString().contains("cell 4 of 4: 8 frames, depth 100 %: "), out::toString);
        assertTrue(out.toString().contains(" of 5 right"), out::toString);
        assertTrue(Files.isRegularFile(results().resolve("needle.png")));
        assertEquals(Main.OK, command(options), err::toString);
        assertTrue(out.toString().contains("; 4 cells are tested already"), out::toString);
        assertFalse(out.toString().contains("cell 1"), out::toString);
        assertEquals(Main.MISUSED, command("--haystack", footage(), "--fps", "1", "--frames", "4", "--depths", "0"));
        assertTrue(oneLine().contains("is of another model, footage"), err::toString);
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws IOException {
        refused("gone.mp4", "--haystack", folder.resolve("gone.mp4").toString());
        refused("must have a text as its image: found=nothing", "--haystack", footage(), "--needles", write("[{}]"));
        refused("must be a JSON list", "--haystack", footage(), "--needles", write("3"));
        refused("at least one frame: frames=0", "--haystack", footage(), "--frames", "0");
        refused("at least one frame: frames-step=0", "--haystack", footage(), "--frames-step", "0");
        refused("the footage has 6 at 1.0", "--haystack", footage(), "--frames", "300");
        refused("no haystack is short enough", "--haystack", footage());
        refused("depths of needles", "--haystack", footage(), "--depths", "0,1.5");
        refused("--mesh", "--haystack", footage(), "--mesh", "ring=x");
        refused("Ulysses degree", "--haystack", footage(), "--frames", "4", "--mesh", "ulysses=8");
        refused("none; test by teacher", "--haystack", footage(), "--frames", "4", "--by", "generation");
        refused("Missing required option", "--fps", "1");
        assertEquals(Main.MISUSED, Main.run(new PrintWriter(out), new PrintWriter(err), "eval"));
    }

    private static String write(String text) throws IOException {
        return Files.writeString(folder.resolve("needles.json"), text).toString();
    }

    private void refused(String reason, String... options) {
        assertEquals(Main.MISUSED, command(options), out::toString);
        assertTrue(oneLine().contains(reason), err::toString);
    }

    private String oneLine() {
        assertEquals(1, err.toString().lines().count(), err::toString);
        return err.toString();
    }
}
