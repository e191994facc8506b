package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of the builder; what it builds is {@code SftBuildTest}'s. */
final class DataBuildSftCommandTest {
    private static final String CAPTION = "{\"choices\": [{\"message\": {\"content\": \"A bird sits.\"}}]}";
    private static final String STORY = """
            {"choices": [{"message": {"content": "{\\"summary\\": \\"A bird.\\", \\"questions\\": [{\\"kind\\": \\"Object\\", \\"question\\": \\"What sits?\\", \\"answer\\": \\"A bird.\\"}]}"}}]}
            """;

    private final Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    DataBuildSftCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldBuildASetAndExitWithOneWhenStrictAndAVideoIsDamaged() throws IOException {
        FootageGenerator.generate(folder.resolve("good.mp4"), new GeneratedFootage(48, 64, 48, 8), 1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", DataBuildSftCommandTest::answer);
        server.start();
        try {
            assertEquals(Main.OK, build(server, "--strict"), err::toString);
            assertTrue(out.toString().contains("2 samples about 1 videos"), out::toString);
            assertTrue(out.toString().contains("Object 1, Summary 1"), out::toString);
            assertEquals(
                    2, Files.readAllLines(folder.resolve("set/dataset.jsonl")).size());

            Files.writeString(folder.resolve("bad.mp4"), "no video");
            assertEquals(Main.OK, build(server), err::toString);
            assertTrue(err.toString().contains("longreel: left out: "), err::toString);
            assertEquals(Main.FAILED, build(server, "--strict"));

            Files.delete(folder.resolve("good.mp4"));
            assertEquals(Main.MISUSED, build(server));
            assertTrue(err.toString().contains("longreel: no video could be used"), err::toString);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void shouldWriteThePromptsOut() throws IOException {
        assertEquals(Main.OK, run("data", "build-sft", "--print-prompts", folder.toString()), err::toString);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(4, files.count());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "data, 'name what to do: inspect, stats, preview, build-sft'",
        "data build-sft --out x, at least one video",
        "data build-sft v.mp4, --out is missing",
        "data build-sft v.mp4 --out x, --captioner is missing",
        "data build-sft v.mp4 --out x --captioner model --writer http://h/v1, --captioner needs the URL of an OpenAI-compatible endpoint",
        "data build-sft v.mp4 --out x --captioner http://h/v1 --writer m, --writer needs the URL",
        "data build-sft v.mp4 --out x --captioner http://h/v1 --writer http://h/v1, --captioner-model is missing",
        "data build-sft v.mp4 --out x --captioner http://h/v1 --writer http://h/v1 --captioner-model m --captioner-key NO_SUCH_KEY, NO_SUCH_KEY",
        "data build-sft v.mp4 --out x --clip-seconds 0, clipSeconds=0.0",
        "data build-sft v.mp4 --out x --shot-threshold NaN, shotThreshold=NaN",
        "data build-sft v.mp4 --out x --frames 0, frames=0",
        "data build-sft v.mp4 --out x --parallel 0, parallel=0",
        "data build-sft v.mp4 --out x --name a.b, name=a.b",
        "data build-sft v.mp4 --out x --prompts /no/such/folder, a folder of prompts needs",
        "data build-sft /no/such.mp4 --out /tmp/x --captioner http://h/v1 --writer http://h/v1 --captioner-model m --writer-model m, no such file"
    })
    void shouldExitWithTwoAndALineWhenItIsMisused(String line, String reason) {
        assertEquals(Main.MISUSED, run(line.split(" ")));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(reason), err::toString);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] body = (request.contains("data:image/jpeg") ? CAPTION : STORY).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private int build(HttpServer server, String... more) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
        List<String> line = new ArrayList<>(List.of("data", "build-sft", folder.toString(), "--frames", "2"));
        line.addAll(List.of("--out", folder.resolve("set").toString(), "--captioner", url, "--captioner-model", "eye"));
        line.addAll(List.of("--writer", url, "--writer-model", "pen"));
        line.addAll(List.of(more));
        return run(line.toArray(String[]::new));
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
