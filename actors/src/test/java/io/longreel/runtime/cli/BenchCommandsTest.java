package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the measuring commands print and refuse; what they measure is {@code vlm-model}'s. */
final class BenchCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Stands for a process: the size is the last word, seconds are its square, operations it. */
    private static JsonNode measured(String arguments) {
        double size = Double.parseDouble(arguments.substring(arguments.lastIndexOf(' ') + 1));
        return JSON.createObjectNode().put("seconds", size * size).put("gflops", 1e-9 / size);
    }

    @Test
    void shouldPrintWhatATokenCosts() throws IOException {
        assertEquals(Main.OK, run("bench", "decode", "--tokens", "300", "--world", "2", "--runs", "2", "--json"));
        JsonNode result = JSON.readTree(out.toString());
        assertEquals(
                List.of("seconds", "tokensPerSecond", "gigabytesPerSecond", "limitGigabytesPerSecond", "shareOfLimit"),
                names(result));
        result.forEach(value -> assertTrue(value.asDouble() > 0 && Double.isFinite(value.asDouble()), out::toString));
    }

    @Test
    void shouldPrintAndDrawHowCostGrows(@TempDir Path folder) throws IOException {
        List<String> asked = new ArrayList<>();
        Path chart = folder.resolve("scaling.png");
        BenchScalingCommand scaling = new BenchScalingCommand(arguments -> {
            asked.add(arguments);
            return measured(arguments);
        });
        assertEquals(Main.OK, run(scaling, "scaling", "--quick", "--json", "--chart", chart.toString()), err::toString);
        assertEquals(12, asked.size());
        assertTrue(asked.contains("step --size tiny --threads 1 --steps 21 --frames 64 --layers 8"), asked::toString);
        JsonNode curves = JSON.readTree(out.toString());
        assertEquals(4, curves.size());
        JsonNode frames = curves.get(0);
        assertEquals("frames", frames.path("axis").asText());
        assertEquals(3, frames.path("points").size());
        JsonNode last = frames.path("points").get(2);
        assertEquals(2, last.path("exponent").asDouble(), 1e-6);
        assertEquals(1, last.path("algorithmExponent").asDouble(), 1e-6);
        assertEquals(4, frames.path("worst").path("excess").asDouble(), 1e-6);
        assertTrue(frames.path("growsFaster").asBoolean());
        try (var png = Files.newInputStream(chart)) {
            assertEquals(2 * 2 * 520, ImageIO.read(png).getWidth());
        }
    }

    @Test
    void shouldSayWhichCurveGrowsTooFast() {
        assertEquals(Main.OK, run(new BenchScalingCommand(BenchCommandsTest::measured), "scaling"));
        assertTrue(
                out.toString()
                        .contains(
                                "a term grows faster than the algorithm's: at most 16.00 times the growth of the operations, from 16 to 256 frames"),
                out::toString);
        assertEquals(5 + 4 + 3 + 5 + 4 * 3, out.toString().lines().count(), out::toString);
    }

    /** On a clock fifty times as fast as the machine's, so that links and warming up take no time. */
    @Test
    void shouldPrintThreeWaysToCutAttention() throws IOException {
        BenchLinksCommand links = new BenchLinksCommand(() -> 50 * System.nanoTime());
        String line = "links --tokens 64,96 --heads 4 --kv 4 --dim 16 --runs 1 --json";
        assertEquals(Main.OK, run(links, line.split(" ")), err::toString);
        JsonNode result = JSON.readTree(out.toString());
        assertEquals(
                18, result.path("intraMib").asDouble() / result.path("interMib").asDouble(), 1e-3);
        assertEquals(2, result.path("rows").size());
        JsonNode row = result.path("rows").get(1);
        assertEquals(96, row.path("tokens").asInt());
        assertEquals(
                row.path("ringSeconds").asDouble() / row.path("bothSeconds").asDouble(),
                row.path("ringToBoth").asDouble());
        row.forEach(value -> assertTrue(value.asDouble() > 0, row::toString));
    }

    @ParameterizedTest
    @CsvSource({
        "bench, name what to measure",
        "bench decode --tokens 0, tokens=0",
        "bench decode --heads 3, kv must divide heads",
        "bench decode --tokens 2000000000, measure fewer tokens",
        "bench decode --tokens many, --tokens",
        "bench links --tokens 1024;7, tokens=7",
        "bench links --heads 2 --kv 2, must not exceed",
        "bench step --layers 0, layers=0",
        "bench scaling --chart /no-such-folder/a.png, cannot write the chart"
    })
    void shouldExitWithTwoAndALineWhenItCannotBeMeasured(String line, String reason) {
        assertEquals(Main.MISUSED, run(line.replace(';', ',').split(" ")));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(reason), err::toString);
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    private int run(Object command, String... args) {
        return Main.run(List.of(command), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
