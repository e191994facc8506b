package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        TinyModel.write(folder.resolve("model"), 64);
    }

    private int command(String... options) {
        List<String> all = new ArrayList<>(List.of(
                "--model",
                folder.resolve("model").toString(),
                "--out",
                results().toString()));
        all.addAll(List.of(options));
        return needle(all);
    }

    private int needle(List<String> options) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("eval", "needle"));
        all.addAll(options);
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

    /** A model with room for a question and its answer writes one, and what it has written is not asked for again. */
    @Test
    void shouldAskTheModelToWriteAndGoOnWhereItWas() {
        Path model = TinyModel.write(folder.resolve("writer"), 512);
        String[] options = {
            "--haystack", footage(), "--fps", "2", "--frames", "4", "--depths", "0,1", "--by", "generation"
        };
        List<String> all = new ArrayList<>(List.of("--model", model.toString(), "--mesh", "ring=2"));
        all.addAll(List.of(
                "--out",
                folder.resolve("written").toString(),
                "--run-dir",
                folder.resolve("run").toString()));
        all.addAll(List.of(options));
        assertEquals(Main.OK, needle(all), err::toString);
        assertTrue(out.toString().contains("cell 2 of 2: 4 frames, depth 100 %: "), out::toString);
        assertTrue(out.toString().contains("over 10 tests"), out::toString);
        assertEquals(Main.OK, needle(all), err::toString);
        assertTrue(out.toString().contains("; 2 cells are tested already"), out::toString);
        all.set(all.indexOf("0,1"), "0,0.5,1");
        assertEquals(Main.OK, needle(all), err::toString);
        assertTrue(out.toString().contains("cell 3 of 3: "), out::toString);
        assertFalse(out.toString().contains("cell 1 of 3"), out::toString);
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
        refused("Missing required option", "--fps", "1");
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
