package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plan} of a question and of the paper: tables, JSON, pictures, and what is refused. */
class PlanQuestionTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path folder;

    PlanQuestionTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private int command(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    private JsonNode json(String... args) throws IOException {
        assertEquals(Main.OK, command(args), err::toString);
        return new ObjectMapper().readTree(out.toString());
    }

    private void assertMisused(String text, String... args) {
        assertEquals(Main.MISUSED, command(args), String.join(" ", args));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(text), err::toString);
        assertEquals("", out.toString());
    }

    @Test
    void shouldAnswerAQuestionInATable() {
        assertEquals(
                Main.OK, command("plan", "--model", "llama3-8b", "--gpus", "32", "--tokens", "320K"), err::toString);
        String text = out.toString();
        assertTrue(text.startsWith("A step of llama3-8b (8."), text);
        assertTrue(text.contains("\nbest: data=1,ring=4,ulysses=8, ZeRO 3, 10.4"), text);
        for (String part :
                new String[] {"all-to-all", "(hidden)", "gathers", "optimizer", "usable", "not allowed", "longest"}) {
            assertTrue(text.contains(part), part);
        }
        assertTrue(text.lines().allMatch(line -> line.length() <= 220), text);
        assertEquals("", err.toString());
    }

    @Test
    void shouldSayTheSameInJson() throws IOException {
        JsonNode all = json("plan", "--gpus", "32", "--tokens", "320K", "--json");
        assertEquals(327_680, all.path("tokens").asLong());
        JsonNode chosen = all.path("chosen");
        assertEquals(8, chosen.path("ulysses").asInt());
        double sum = 0;
        for (var entry : chosen.path("parts").properties()) {
            sum += entry.getKey().endsWith("Hidden") ? 0 : entry.getValue().asDouble();
        }
        assertEquals(chosen.path("seconds").asDouble(), sum, 1e-9);
        assertTrue(chosen.path("mfu").asDouble() > 0.2);
        assertEquals(chosen.path("seconds"), all.path("meshes").path(0).path("seconds"));
        assertTrue(all.path("illegal").size() > 0);
        assertEquals(6, all.path("curves").size());
    }

    @Test
    void shouldTakeAFileAndOptionsOverIt() throws IOException {
        Path file = Files.writeString(
                folder.resolve("question.conf"), "plan { length = 64K, cluster { gpus = 8 }, model = qwen2-7b }");
        JsonNode all = json("plan", file.toString(), "--json", "--mesh", "ring=2,ulysses=4", "--zero", "2");
        assertEquals("qwen2-7b", all.path("model").asText());
        assertEquals(4, all.path("chosen").path("ulysses").asInt());
        assertEquals(2, all.path("chosen").path("zero").asInt());
    }

    @Test
    void shouldDrawTimeAgainstLengthAndFigure9() throws IOException {
        Path chart = folder.resolve("chart.png");
        assertEquals(
                Main.OK,
                command("plan", "--gpus", "32", "--tokens", "128K", "--chart", chart.toString()),
                err::toString);
        BufferedImage image = ImageIO.read(chart.toFile());
        assertTrue(image.getWidth() > 1000 && image.getHeight() > 500);
        Files.delete(chart);
        assertEquals(Main.OK, command("plan", "--paper", "--chart", chart.toString()), err::toString);
        assertTrue(ImageIO.read(chart.toFile()).getWidth() > image.getWidth(), "fields beside each other");
    }

    @Test
    void shouldPutThePapersCellsBesideThePlanners() throws IOException {
        JsonNode cells = json("plan", "--paper", "--json").path("cells");
        assertEquals(6 * 10 + 4 * 11, cells.size());
        int fitted = 0;
        int outOfMemory = 0;
        for (JsonNode cell : cells) {
            assertTrue(cell.path("table").isInt()
                    && cell.path("column").isTextual()
                    && cell.path("tokensK").isIntegralNumber());
            assertTrue(cell.has("paperSeconds") && cell.has("predictedSeconds"));
            fitted += cell.path("fitted").asBoolean() ? 1 : 0;
            outOfMemory += cell.path("paperSeconds").isNull() ? 1 : 0;
        }
        assertEquals(6, fitted);
        assertEquals(3 * 3 + 7 + 6 + 1, outOfMemory);
        assertEquals(Main.OK, command("plan", "--paper"));
        String text = out.toString();
        assertTrue(text.contains("\n  320K  |    OOM    OOM"), text);
        assertTrue(text.contains("Table 10") && text.contains("held out"), text);
        assertFalse(text.contains("null"), text);
    }

    @Test
    void shouldEndWithTwoAndALineWhenTheQuestionIsWrong() throws IOException {
        assertMisused("name what to plan", "plan");
        assertMisused("within 64 bits", "plan", "--tokens", "9223372036854775808");
        assertMisused("must fill nodes", "plan", "--tokens", "1K", "--gpus", "12");
        assertMisused("so nodes=4", "plan", "--tokens", "1K", "--gpus", "32", "--nodes", "2");
        assertMisused("must be a number above 0", "plan", "--tokens", "1K", "--between", "0");
        assertMisused("must be less than memory", "plan", "--tokens", "1K", "--memory", "1 GB");
        assertMisused(
                "needs as many query heads",
                "plan",
                "--tokens",
                "1K",
                "--gpus",
                "64",
                "--mesh",
                "ulysses=64,inner=ring");
        assertMisused("leave out CONF", "plan", "demo", "--paper");
        assertMisused("takes no options of a question", "plan", "demo", "--tokens", "1K");
        assertMisused("--set and --rank", "plan", "--paper", "--set", "seed=1");
        assertMisused(
                "cannot write the chart",
                "plan",
                "--paper",
                "--chart",
                folder.resolve("no/such.png").toString());
        Path model = Files.createDirectories(folder.resolve("model/llm"));
        Files.writeString(model.resolve("config.json"), "{\"hidden_size\": 64}");
        assertMisused(
                "num_attention_heads is missing",
                "plan",
                "--tokens",
                "1K",
                "--model",
                folder.resolve("model").toString());
    }
}
