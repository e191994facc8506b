package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.model.checkpoint.SafetensorsFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code generate} and {@code serve} as they are typed; what is answered is {@code ChatEngineTest}'s. */
final class GenerateCommandTest {
    private static final int CONTEXT_TOKENS = 512;
    private static final Path GOLDEN = Path.of("..", "vlm-model", "src", "test", "resources", "golden")
            .toAbsolutePath()
            .normalize();

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void write() throws IOException {
        TinyModel.write(folder.resolve("model"), CONTEXT_TOKENS);
        FootageGenerator.generate(folder.resolve("a.mp4"), new GeneratedFootage(24, 64, 48, 8), 1);
        Files.writeString(folder.resolve("text.mp4"), "no video at all");
        Files.createDirectory(folder.resolve("empty"));
    }

    private int command(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err), args);
    }

    private int generate(String... options) {
        List<String> all = new ArrayList<>(List.of("generate", "--model", in("model"), "--run-dir", in("run")));
        all.addAll(List.of(options));
        return command(all.toArray(String[]::new));
    }

    private static String in(String name) {
        return folder.resolve(name).toString();
    }

    /** Each time one line that says what is wrong, and no file that was not there before. */
    private void refused(String reason, int exitCode) {
        assertEquals(Main.MISUSED, exitCode, () -> out + "" + err);
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(reason), () -> "expected=%s actual=%s".formatted(reason, err));
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws IOException {
        List<Path> before = files();
        refused("--model DIR is missing", command("generate", "--prompt", "x"));
        refused("gone: no such folder", command("generate", "--model", in("gone"), "--prompt", "x"));
        refused("empty", command("generate", "--model", in("empty"), "--prompt", "x"));
        refused("gone.mp4", generate("--video", in("gone.mp4"), "--prompt", "x"));
        refused("text.mp4", generate("--video", in("text.mp4"), "--prompt", "x"));
        refused("text.mp4", generate("--image", in("text.mp4"), "--prompt", "x"));
        refused("--batch needs --out", generate("--batch", in("batch.safetensors")));
        refused("gone.safetensors", generate("--batch", in("gone.safetensors"), "--out", in("tokens.safetensors")));
        refused("nodes=2 spares=0 ranks=3", generate("--nodes", "2", "--mesh", "ring=3", "--prompt", "x"));
        refused("need --nodes N", generate("--spares", "1", "--prompt", "x"));
        refused("temperature=-1", generate("--temperature", "-1", "--prompt", "x"));
        refused("topP=0", generate("--top-p", "0", "--prompt", "x"));
        refused("topP=1.5", generate("--top-p", "1.5", "--prompt", "x"));
        refused("topK=-1", generate("--top-k", "-1", "--prompt", "x"));
        refused("--top-k", generate("--top-k", "few", "--prompt", "x"));
        refused("repetitionPenalty=0", generate("--repetition-penalty", "0", "--prompt", "x"));
        refused("newTokensMax=0", generate("--max-new-tokens", "0", "--prompt", "x"));
        refused("--tempreature", generate("--tempreature", "1", "--prompt", "x"));
        refused("inference.cahce", generate("--set", "inference.cahce=1GiB", "--prompt", "x"));
        refused("did you mean generate?", command("genrate"));
        assertEquals(before, files());
    }

    @Test
    void shouldCountTheTokensThatAreTooMany() {
        refused("the question has 8", generate("--prompt", "x".repeat(800)));
        assertTrue(err.toString().contains("the model's context ends at 512"), err::toString);
        refused("24 frames of 4", generate("--video", in("a.mp4"), "--frames", "24", "--prompt", "x".repeat(500)));
        assertTrue(err.toString().contains("take fewer frames"), err::toString);
    }

    @Test
    void shouldRefuseToServeWhatCannotBe() throws IOException {
        List<Path> before = files();
        String model = in("model");
        refused("--model DIR is missing", command("serve"));
        refused("serve.port", command("serve", "--model", model, "--port", "99999"));
        refused("--port", command("serve", "--model", model, "--port", "many"));
        refused("nodes=2 spares=-1", command("serve", "--model", model, "--nodes", "2", "--spares", "-1"));
        refused("--hots", command("serve", "--model", model, "--hots", "x"));
        assertEquals(before, files());
    }

    /** The tokens that Hugging Face's program chose. */
    @ParameterizedTest
    @CsvSource({"gqa-even, ring=1", "gqa-even, 'ring=2,ulysses=2'", "mha-odd-grid, ring=1", "mha-odd-grid, ring=3"})
    void shouldWriteTheTokensOfTheGoldenCases(String name, String mesh) {
        Path golden = GOLDEN.resolve(name);
        Path tokens = folder.resolve(name + mesh.length() + ".safetensors");
        int exitCode = command(
                "generate",
                "--model",
                golden.resolve("checkpoint").toString(),
                "--batch",
                golden.resolve("batch.safetensors").toString(),
                "--out",
                tokens.toString(),
                "--max-new-tokens",
                "24",
                "--temperature",
                "0",
                "--mesh",
                mesh);
        assertEquals(Main.OK, exitCode, err::toString);
        assertTrue(out.toString().startsWith("tokens=24 mesh="), out::toString);
        assertArrayEquals(tokens(golden.resolve("greedy.safetensors")), tokens(tokens));
    }

    private static long[] tokens(Path file) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            return tensors.integers("tokens");
        }
    }

    @Test
    void shouldReadAVideoOnceForAllQuestionsOnStandardInput() throws IOException {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("What is it?\n\nAnd then?\n".getBytes(System.out.charset())));
        try {
            assertEquals(
                    Main.OK,
                    generate("--video", in("a.mp4"), "--frames", "6", "--max-new-tokens", "5", "--json"),
                    err::toString);
        } finally {
            System.setIn(before);
        }
        List<String> lines = out.toString().lines().toList();
        assertEquals(2, lines.size(), out::toString);
        JsonNode first = new ObjectMapper().readTree(lines.getFirst());
        JsonNode second = new ObjectMapper().readTree(lines.getLast());
        assertEquals(0, first.path("cachedTokens").asInt(-1), first::toString);
        int frames = 6 * 4;
        assertTrue(second.path("cachedTokens").asInt() > frames, second::toString);
        assertTrue(
                second.path("promptTokens").asInt() > first.path("promptTokens").asInt(), second::toString);
        assertEquals("model", second.path("model").asText());
    }
}
