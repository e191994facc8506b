package io.longreel.curriculum.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.stage.RunPlan;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private final Path out;

    ReportTest(@TempDir Path out) {
        this.out = out;
    }

    @Test
    void shouldHoldEverythingInOneFileWhenRunIsDone() throws IOException {
        RunConfig config = RunConfigLoader.load("demo", List.of("longreel.out=\"a<b>&c\""));
        Path file = out.resolve("report.html");
        new Report(
                        config,
                        steps(config),
                        List.of(results("needle-short"), results("needle-final")),
                        Optional.of(new byte[] {1, 2}),
                        RunFacts.UNKNOWN)
                .write(file);
        String html = Files.readString(file);

        assertTrue(html.contains("a&lt;b&gt;&amp;c"), "names are escaped");
        assertFalse(html.contains("<script"), "no script");
        assertFalse(html.replace("http://www.w3.org/2000/svg", "").contains("://"), "no address outside the page");
        assertTrue(html.contains("after stage 3-short-sft") && html.contains("after stage 5-long-sft"));
        assertEquals(5, html.split("<svg", -1).length - 1, "two heat maps, loss, norm and throughput, mesh");
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void shouldStillBeAPageWhenNothingWasTrainedOrTested() {
        RunConfig config = RunConfigLoader.load("tiny", List.of());
        String html = new Report(config, List.of(), List.of(), Optional.empty(), RunFacts.UNKNOWN).html();
        assertTrue(html.contains("</html>"));
        assertFalse(html.contains("NaN"), "no empty mean");
    }

    @Test
    void shouldDrawWellFormedPicturesOnAnyMesh() throws Exception {
        List<Picture> pictures = new ArrayList<>();
        RunConfig config = RunConfigLoader.load("demo", List.of());
        pictures.add(HeatMap.of(results("x & <y>"), "after \"stage\" <3> & more"));
        pictures.add(HeatMap.of(NeedleResults.empty("none"), "nothing yet"));
        pictures.add(LossCurve.of(steps(config)));
        pictures.add(LossCurve.of(List.of()));
        for (int[] mesh :
                new int[][] {{1, 1, 1, 1}, {1, 2, 2, 2}, {1, 4, 2, 4}, {2, 2, 2, 2}, {2, 2, 1, 4}, {1, 3, 1, 1}}) {
            for (Mesh.Inner inner : Mesh.Inner.values()) {
                Mesh shape = new Mesh(mesh[0], mesh[1], mesh[2], inner);
                pictures.add(MeshPicture.of(shape, mesh[3], shape.worldSize() / mesh[3]));
            }
        }
        for (Picture picture : pictures) {
            byte[] svg = picture.svg().getBytes(java.nio.charset.StandardCharsets.UTF_8);
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(svg));
            BufferedImage png = ImageIO.read(new ByteArrayInputStream(picture.png()));
            assertEquals((int) Math.ceil(picture.width() * 2), png.getWidth(), picture.title());
        }
    }

    @Test
    void shouldDrawEachExchangeBothWaysWhicheverAxisIsInside() {
        for (Mesh.Inner inner : Mesh.Inner.values()) {
            Mesh mesh = new Mesh(1, 2, 2, inner);
            String svg = MeshPicture.of(mesh, 2, 2).svg();
            int pairs = mesh.ringDegree() * (mesh.ulyssesDegree() - 1);
            assertEquals(2L * (pairs + 1), occurrences(svg, "<polygon[^>]*#4d8f4a"), "two heads each, and the legend");
            assertEquals(inner == Mesh.Inner.ULYSSES ? 2 : 0, occurrences(svg, "#d9ead3"), "Ulysses groups as fields");
            assertEquals(inner == Mesh.Inner.RING ? 2 : 0, occurrences(svg, "#dde6f2"), "rings as fields");
        }
    }

    private static long occurrences(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }

    @Test
    void shouldColourAccuracyAsPaperDoes() {
        assertEquals(0xF0496E, HeatMap.colour(0));
        assertEquals(0xEBB839, HeatMap.colour(0.5));
        assertEquals(0x9ad5b3, HeatMap.colour(1));
    }

    @Test
    void shouldReadBackResultsWhenWritten() throws IOException {
        NeedleResults results = results("needle-final");
        Path json = out.resolve("needle-final.json");
        results.writeJson(json);
        results.writePng(out.resolve("needle-final.png"), "after stage 5");

        assertEquals(results, NeedleResults.readJson("needle-final", json));
        assertTrue(Files.readString(json).startsWith("{\n  \"cells\" : [ {\n    \"frames\" : 32,"));
        assertNotNull(ImageIO.read(out.resolve("needle-final.png").toFile()));
        Files.writeString(json, "{\"cells\": [{\"frames\": 3}]}");
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> NeedleResults.readJson("needle-final", json));
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
    }

    @Test
    void shouldSkipTestedCellsWhenResultsAreResumed() {
        NeedleGrid.Cell first = new NeedleGrid.Cell(32, 1.0 / 3, 10, List.of(1, 2, 3));
        NeedleGrid.Cell second = new NeedleGrid.Cell(32, 2.0 / 3, 21, List.of(4, 5, 6));
        NeedleResults results = NeedleResults.empty("x").with(first, 2);
        assertEquals(2, results.find(first).orElseThrow().correct());
        assertTrue(results.find(second).isEmpty());
        assertEquals(Optional.of(2.0 / 3), results.accuracyAt(32));
        assertEquals(Optional.empty(), results.accuracyAt(64));
    }

    @Test
    void shouldReadMetricsWhenLinesRepeatOrAreCutOff() throws IOException {
        RunConfig config = RunConfigLoader.load("tiny", List.of());
        List<StepMetrics> steps = steps(config);
        String lines = steps.stream().map(StepMetrics::toJsonLine).collect(Collectors.joining("\n"));
        Path file = out.resolve("metrics.jsonl");
        String again = steps.get(4).toJsonLine().replace("\"loss\":", "\"loss\":7.5,\"old\":");
        Files.writeString(file, lines + "\n" + again + "\n{\"stage\":\"1-sh");

        List<StepMetrics> read = StepMetrics.read(file);
        assertEquals(steps.size(), read.size());
        assertEquals(7.5, read.get(4).loss());
        assertEquals(steps.get(5), read.get(5));
        Files.writeString(file, "no json\n" + lines);
        assertThrows(RuntimeFailure.class, () -> StepMetrics.read(file));
    }

    @Test
    void shouldReadWhatAStepLearnedFromAndLinesOfVersionsThatDidNotSayIt() {
        StepMetrics.Data data = new StepMetrics.Data(7, 4, 0.625, 15, 9, 6, 9.5, 5.25);
        StepMetrics step = new StepMetrics("s", 0, 1, 1, 0.5, 10, 4, 1, 1e-3, 5, 0.1, 0, 1, 2, 3, Instant.EPOCH, data);
        assertEquals(step, StepMetrics.fromJsonLine(step.toJsonLine()));
        String old = step.toJsonLine().replaceAll("\"documents.*dataWaitMs\":[^,]*,", "");
        assertEquals(StepMetrics.Data.UNKNOWN, StepMetrics.fromJsonLine(old).data());
        assertEquals(0.5, StepMetrics.fromJsonLine(old).loss());
    }

    /** Results as a good run has them: perfect at short lengths, one miss. */
    static NeedleResults results(String name) {
        List<NeedleResults.Cell> cells = new ArrayList<>();
        int[] frames = name.equals("needle-short") ? new int[] {32, 128, 512} : new int[] {32, 128, 512, 2048, 6000};
        Random random = new Random(5);
        for (int length : frames) {
            for (int depth = 0; depth < 6; depth++) {
                int correct = name.equals("needle-short") && length > 32
                        ? random.nextInt(length == 128 ? 3 : 0, length == 128 ? 6 : 3)
                        : length == 6000 && depth == 1 ? 4 : 5;
                cells.add(new NeedleResults.Cell(length, depth / 5.0, correct, 5));
            }
        }
        return new NeedleResults(name, cells);
    }

    /** Steps whose losses fall as losses do. */
    static List<StepMetrics> steps(RunConfig config) {
        RunPlan plan = RunPlan.of(config.stages());
        Random random = new Random(3);
        List<StepMetrics> steps = new ArrayList<>();
        for (int i = 0; i < plan.steps(); i++) {
            RunPlan.Point point = plan.at(i);
            double loss = (0.02 + 2.5 / (point.stageIndex() + 1) * Math.exp(-point.step() / 60.0))
                    * Math.exp(random.nextGaussian() * 0.4);
            steps.add(new StepMetrics(
                    config.stages().get(point.stageIndex()).name(),
                    point.stageIndex(),
                    point.step(),
                    i,
                    loss,
                    2000 + random.nextInt(1000),
                    8,
                    0.5,
                    point.learningRate(),
                    100 + random.nextInt(40),
                    0.1,
                    0,
                    0,
                    0,
                    0,
                    Instant.ofEpochMilli(1_700_000_000_000L + i)));
        }
        return steps;
    }
}
