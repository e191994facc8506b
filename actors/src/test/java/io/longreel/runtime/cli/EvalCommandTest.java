package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.EvaluationTasks;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of evaluations; what they come to is {@code EvaluationTest}'s. */
final class EvalCommandTest {
    private static final String RECORDS = """
            {"question_id": "q1", "video": "v.mp4", "question": "Is it red?", "candidates": ["yes", "no"], "answer": "no", "task_type": "a"}
            {"question_id": "q2", "video": "v.mp4", "question": "Is it blue?", "candidates": ["no", "yes"], "answer": "yes", "task_type": "b"}
            """;

    private final Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    EvalCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldListTheTasks() {
        assertEquals(Main.OK, run("eval"), err::toString);
        assertEquals(EvaluationTasks.NAMES.size(), out.toString().lines().count());
        assertTrue(out.toString().contains("VideoMME, with subtitles; 256 frames, accuracy"), out::toString);
    }

    @Test
    void shouldEvaluateAModelBehindAnEndpoint() throws IOException {
        FootageGenerator.generate(folder.resolve("v.mp4"), new GeneratedFootage(24, 64, 48, 8), 1);
        Files.writeString(folder.resolve("test.jsonl"), RECORDS);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", EvalCommandTest::answer);
        server.start();
        try {
            assertEquals(Main.OK, eval(server, "eventbench"), err::toString);
            assertTrue(out.toString().contains("EventBench: eye, 2 records, at most 32 frames"), out::toString);
            assertTrue(
                    out.toString().lines().anyMatch(line -> line.matches("overall +100\\.0 +2 +58\\.0")),
                    out::toString);
            assertTrue(Files.exists(folder.resolve("out/results.json")));

            Files.writeString(folder.resolve("test.jsonl"), RECORDS.replaceFirst("v\\.mp4", "gone.mp4"));
            assertEquals(Main.MISUSED, eval(server, "eventbench"));
            assertEquals(1, err.toString().lines().count(), err::toString);
            assertTrue(err.toString().contains("test.jsonl line 1: video "), err::toString);
            assertEquals(Main.OK, eval(server, "eventbench", "--damaged", "skip", "--endpoint-media", "frames"));
            assertTrue(out.toString().contains("1 records could not be asked and count as wrong"), out::toString);
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "eval vidomme --data x, did you mean videomme?",
        "eval videomme, --data is missing",
        "eval videomme --data x, either --model DIR or --endpoint URL",
        "eval videomme --data x --model m --endpoint http://h/v1, either --model DIR or --endpoint URL",
        "eval videomme --data x --endpoint h --endpoint-model m, --endpoint needs the URL",
        "eval videomme --data x --endpoint http://h/v1, --endpoint-model is missing",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --endpoint-media film, video-url",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --side 3, --side must be from 16",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --damaged no, --damaged must be stop or skip",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --parallel 0, parallel=0",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --limit -1, limit=-1",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --frames 0, --frames=0",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --attempts 0, --attempts=0",
        "eval videomme --data x --endpoint http://h/v1 --endpoint-model m --endpoint-key-env NO_SUCH_KEY, NO_SUCH_KEY",
        "eval videomme --data /no/such --endpoint http://h/v1 --endpoint-model m, must be a folder that is there",
        "eval activitynet-qa --data /no/such --endpoint http://h/v1 --endpoint-model m, --judge URL and --judge-model NAME",
        "eval activitynet-qa --data x --endpoint http://h/v1 --endpoint-model m --judge http://h/v1, --judge-model is missing",
        "eval videomme --data x --model /no/such, --model must be a folder"
    })
    void shouldExitWithTwoAndALineWhenItIsMisused(String line, String reason) {
        assertEquals(Main.MISUSED, run(line.split(" ")));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(reason), err::toString);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] body = "{\"choices\": [{\"message\": {\"content\": \"B\"}}]}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private int eval(HttpServer server, String task, String... more) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
        List<String> line = new ArrayList<>(List.of("eval", task, "--data", folder.toString()));
        line.addAll(List.of("--out", folder.resolve("out").toString(), "--endpoint", url, "--endpoint-model", "eye"));
        line.addAll(List.of(more));
        return run(line.toArray(String[]::new));
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
