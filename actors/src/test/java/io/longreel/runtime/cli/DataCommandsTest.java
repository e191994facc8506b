package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code data inspect}, {@code stats} and {@code preview} of small datasets; whether they agree with a run is {@code DataSurveyTest}'s. */
final class DataCommandsTest {
    private static final String CONF = """
            longreel {
              out = FOLDER/run
              cluster.ranks-per-node = 4
              mesh { data = 2, ring = 1, ulysses = 2 }
              data.footage = [not there yet.mp4]
              data.datasets {
                clips { files = ["FOLDER/clips.jsonl"], subsets { sound { file = "FOLDER/bad.txt" } } }
                notes { format = text, files = ["FOLDER/notes.jsonl"] }
              }
              stages = [
                { name = sft, context-tokens-max = 512, phases = [{ steps = 4, samples-per-step = 4, learning-rate = 1e-3
                  source { kind = dataset, mixture = "clips*2+notes", frames-max = 12, aspect = dynamic, tiles-max = 6 } }] }
                { name = text, context-tokens-max = 512, phases = [{ steps = 1, samples-per-step = 2, learning-rate = 1e-3
                  source { kind = passkeys, tokens-min = 64, tokens-max = 80 } }] }
              ]
            }
            """;

    @TempDir
    private static Path folder;

    private static String conf = "";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void writeDatasets() throws IOException {
        FootageGenerator.generate(folder.resolve("a.mp4"), new GeneratedFootage(48, 64, 48, 8), 1);
        BufferedImage chart = new BufferedImage(300, 100, BufferedImage.TYPE_INT_RGB);
        IntStream.range(0, 30_000).forEach(i -> chart.setRGB(i % 300, i / 300, i * 2));
        ImageIO.write(chart, "png", folder.resolve("chart.png").toFile());
        Files.write(
                folder.resolve("clips.jsonl"),
                List.of(
                        record("film", "\"video\": \"a.mp4\"", "<video>\\nWhat moves?", "A ball."),
                        record("chart", "\"image\": \"chart.png\"", "<image>\\nWhat grows?", "Blue."),
                        record("lost", "\"video\": \"gone.mp4\"", "What is gone?", "The file."),
                        "{broken"));
        Files.write(
                folder.resolve("notes.jsonl"),
                List.of("{\"text\": \"A short note.\"}", "{\"text\": \"%s\"}".formatted("A long note. ".repeat(100))));
        Files.writeString(folder.resolve("bad.txt"), "2\n3\n");
        Path file = folder.resolve("mine.conf");
        Files.writeString(file, CONF.replace("FOLDER", folder.toString()));
        conf = file.toString();
    }

    private static String record(String id, String medium, String question, String answer) {
        return """
                {"id": "%s", %s, "conversations": [{"from": "human", "value": "%s"}, {"from": "gpt", "value": "%s"}]}""".formatted(id, medium, question, answer);
    }

    @Test
    void shouldListDatasetsAndWhatUsesThem() throws IOException {
        assertEquals(Main.OK, command("data", "inspect", conf), err::toString);
        assertTrue(out.toString().contains("clips    llava, 4 records in 1 file"), out::toString);
        assertTrue(out.toString().contains("subset   clips@sound, 2 records"), out::toString);
        assertTrue(
                out.toString().contains("stage sft, phase phase-1: clips has 8 of the 10 entries of an epoch"),
                out::toString);
        JsonNode notes = json("data", "inspect", conf, "--dataset", "notes").at("/datasets/0");
        assertEquals("notes", notes.path("name").asText());
        assertEquals(2, notes.at("/uses/0/entries").asInt());
        assertFalse(Files.exists(folder.resolve("run")), "nothing must be made");
    }

    @Test
    void shouldShowARecordWithWhatIsLearnedInBrackets() throws IOException {
        assertEquals(Main.OK, command("data", "inspect", conf, "--dataset", "clips", "--record", "0"), err::toString);
        assertTrue(out.toString().contains("a.mp4: 64 x 48, 48 frames in 6.0 s, 12 of them seen"), out::toString);
        assertTrue(
                out.toString().contains("<|begin|><12 frames, 48 tokens>What moves?\n[[A ball.<|end|>]]"),
                out::toString);
        assertFalse(out.toString().contains("\u001b"), "colours are for terminals");

        JsonNode chart = json("data", "inspect", conf, "--dataset", "clips@sound", "--record", "1");
        assertEquals("chart", chart.path("id").asText());
        assertEquals(4, chart.at("/media/0/shown").asInt(), "three tiles and the whole");
        assertEquals(300, chart.at("/media/0/width").asInt());
        assertEquals(6, chart.at("/tokens/learned").asInt());
        assertEquals("Blue.<|end|>", chart.at("/pieces/3/text").asText(), chart::toString);

        assertEquals(Main.OK, command("data", "inspect", conf, "--dataset", "clips", "--record", "3"), err::toString);
        assertTrue(out.toString().contains("unusable   "), out::toString);
        assertTrue(out.toString().contains("line 4: malformed JSON"), out::toString);
    }

    @Test
    void shouldCountLengthsPackingAndLoads() throws IOException {
        JsonNode phase = json("data", "stats", conf).at("/phases/0");
        assertEquals(10, phase.path("epochRecords").asInt());
        assertEquals(3, phase.path("epochSteps").asInt());
        assertEquals(1.6, phase.path("epochs").asDouble());
        assertEquals(5, phase.path("usable").asInt());
        assertEquals(1, phase.path("beyondContext").asInt());
        assertEquals(4, phase.path("damaged").asInt());
        assertEquals(3, phase.path("faults").size());
        assertEquals(1302, phase.at("/tokens/max").asInt());
        assertEquals(
                6,
                phase.path("histogram").findValues("samples").stream()
                        .mapToInt(JsonNode::asInt)
                        .sum());
        assertEquals(4, phase.path("ranks").size());
        assertEquals(
                phase.at("/packing/tokens").asInt(),
                phase.path("ranks").findValues("tokens").stream()
                        .mapToInt(JsonNode::asInt)
                        .sum());

        assertEquals(Main.OK, command("data", "stats", conf, "--stage", "sft", "--all"), err::toString);
        assertTrue(
                out.toString().contains("10 records, 3 steps of 4 samples; steps = 4 are 1.60 epochs"), out::toString);
        assertTrue(out.toString().contains("damaged = stop: the run would end"), out::toString);
        assertTrue(out.toString().contains("##"), out::toString);
    }

    @Test
    void shouldDrawTheFramesOfAStep() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        JsonNode said = json("data", "preview", conf, "--step", "1", "--out", sheet.toString());
        assertEquals(4, said.path("rows").size());
        BufferedImage picture = ImageIO.read(sheet.toFile());
        int columns = said.path("rows").findValues("shown").stream()
                .mapToInt(JsonNode::size)
                .reduce(4, Math::max);
        assertEquals(2 * (24 + columns * 128 + (columns - 1) * 4), picture.getWidth());
        assertTrue(picture.getHeight() > 4 * 2 * 32, picture::toString);
        long colours = Arrays.stream(
                        picture.getRGB(0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()))
                .distinct()
                .count();
        assertTrue(colours > 1000, "colours: " + colours);
        for (JsonNode row : said.path("rows")) {
            if (row.path("id").asText().equals("film")) {
                assertEquals("[0,1,3,4,6,7,9,11]", row.path("shown").toString());
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    1,
                    files.filter(file -> file.toString().contains("sheet.png")).count());
        }
        assertEquals(Main.OK, command("data", "preview", conf, "--rows", "1", "--out", sheet.toString()));
        assertTrue(out.toString().contains("stage sft, phase phase-1, step 0: 1 of 4 samples"), out::toString);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            inspect CONF --dataset clip                        | there is no dataset clip; did you mean clips?
            inspect CONF --dataset clips --record 4            | dataset clips has no record 4: its records are 0 to 3
            inspect CONF --dataset clips --record x            | Invalid value for option '--record'
            inspect CONF --record 1                            | --record needs --dataset
            inspect CONF --stage sft                           | --stage needs --dataset and --record
            inspect CONF --dataset clips --record 0 --stage x  | there is no stage x
            inspect demo                                       | the configuration has no datasets
            inspect no-such.conf                               | no-such.conf
            stats CONF --stage sff                             | there is no stage sff; did you mean sft?
            stats CONF --stage text                            | stage text takes its samples from no dataset; these do: sft
            stats CONF --sample 0                              | --sample must be at least 1
            stats demo                                         | the run takes its samples from no dataset
            preview CONF                                       | Missing required option: '--out=FILE.png'
            preview CONF --out /no/such/folder/a.png           | cannot write the picture
            preview CONF --out /tmp/a.png --step 4             | stage sft has no step 4: its steps are 0 to 3
            preview CONF --out /tmp/a.png --rows 0             | --rows must lie between 1 and 200
            preview CONF --out /tmp/a.png --stage tex          | there is no stage tex; did you mean text?
            """)
    void shouldExitWithTwoAndALineWhenItIsMisused(String line, String reason) {
        String[] words = ("data " + line.replace("CONF", conf)).split(" ");
        assertEquals(Main.MISUSED, command(words), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(reason), err::toString);
        assertEquals("", out.toString());
    }

    private JsonNode json(String... args) throws IOException {
        String[] all = Arrays.copyOf(args, args.length + 1);
        all[args.length] = "--json";
        assertEquals(Main.OK, command(all), err::toString);
        return new ObjectMapper().readTree(out.toString());
    }

    private int command(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }
}
