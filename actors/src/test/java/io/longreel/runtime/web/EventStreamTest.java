package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.DashboardSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.metrics.News;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.RunNews;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page and its events over real connections, fed with a run's news. */
@Timeout(120)
class EventStreamTest {
    private static final RunConfig CONFIG = RunConfigLoader.parse("""
            longreel { name = watched, stages = [{ name = short, phases = [{ steps = 100000 }] }] }
            """, "test", List.of());

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AtomicLong nowMs = new AtomicLong(1_000);
    private final RunBoard board = new RunBoard(CONFIG, 4, () -> Instant.ofEpochMilli(nowMs.get()));
    private final RunServer server = RunServer.open(
            new DashboardSettings("127.0.0.1", 0, DashboardSettings.Controls.LOOPBACK, false), board, "secret");
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        board.close();
        server.close();
        client.shutdownNow();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(server.base().resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** What a browser's EventSource would be given. */
    private Iterator<JsonNode> events() throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(server.base().resolve("events")).build(),
                        HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith("data: "))
                .map(line -> parsed(line.substring("data: ".length())))
                .iterator();
    }

    private static JsonNode parsed(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    private static JsonNode first(Iterator<JsonNode> events, Predicate<JsonNode> wanted) {
        while (events.hasNext()) {
            JsonNode event = events.next();
            if (wanted.test(event)) {
                return event;
            }
        }
        throw new AssertionError("the events ended before the one that was waited for");
    }

    @Test
    void shouldTellAllAtFirstAndThenWhatIsNew() throws IOException, InterruptedException {
        Mesh mesh = new Mesh(1, 2, 2);
        board.accept(new RunNews.RanksConnecting(mesh, List.of("a", "a", "b", "b"), List.of("c")));
        board.accept(News.begun());
        board.accept(News.step(1));
        Iterator<JsonNode> events = events();
        JsonNode state = events.next();
        assertEquals("watched", state.path("run").asText());
        assertEquals("training", state.path("phase").asText());
        assertEquals("short", state.path("doing").asText());
        assertEquals(4, state.path("mesh").path("ranks").size());
        assertEquals(
                parsed(
                        "{\"node\":\"b\",\"data\":0,\"ring\":1,\"ulysses\":0,\"state\":\"working\",\"arenaBytes\":1073741824,\"residentBytes\":2147483648}"),
                state.path("mesh").path("ranks").path(2));
        assertEquals(parsed("[\"c\"]"), state.path("mesh").path("spares"));
        assertEquals(
                parsed("[{\"name\":\"short\",\"steps\":100000,\"done\":1,\"current\":true,\"beganMs\":1000}]"),
                state.path("stages"));
        assertEquals(parsed("{\"whole\":true,\"points\":[[1,0,2.0,0.5,1000.0]]}"), state.path("curve"));
        assertEquals(
                2.0, state.path("numbers").path("loss_metrics/global_avg_loss").asDouble());
        assertEquals(2, state.path("log").size());
        nowMs.set(2_000);
        board.accept(News.step(2));
        board.accept(new RunNews.NodeLost("b", "killed"));
        JsonNode next =
                first(events, event -> event.path("faults").path("node_lost").asInt() == 1);
        assertEquals(
                "lost", next.path("mesh").path("ranks").path(2).path("state").asText());
        assertFalse(next.path("curve").path("whole").asBoolean());
        JsonNode entry = next.path("log").path(next.path("log").size() - 1);
        assertEquals(
                parsed("{\"number\":2,\"atMs\":2000,\"kind\":\"fault\",\"text\":\"node b is lost: killed\"}"), entry);
    }

    @Test
    void shouldShowNeedleTestsAndEndWithTheRun() throws IOException, InterruptedException {
        board.accept(News.begun());
        board.accept(new RunNews.EvaluationProgressed(0, "needle", 1, 2));
        Iterator<JsonNode> events = events();
        assertEquals(
                parsed("{\"name\":\"needle\",\"done\":1,\"cells\":2}"),
                events.next().path("evaluating"));
        List<TestAnswer> answers = List.of(new TestAnswer(List.of(1), true), new TestAnswer(List.of(2), false));
        board.accept(new RunNews.EvaluationFinished(0, "needle", List.of(new CellOutcome(8, 0.5, answers))));
        board.accept(new RunNews.Closed());
        board.close();
        JsonNode last = first(events, event -> event.path("last").asBoolean());
        assertEquals("closed", last.path("phase").asText());
        assertTrue(last.path("evaluating").isMissingNode());
        assertEquals(
                parsed("[{\"name\":\"needle\",\"cells\":[{\"frames\":8,\"depth\":0.5,\"correct\":1,\"total\":2}]}]"),
                last.path("evaluations"));
        assertFalse(events.hasNext());
    }

    @Test
    void shouldLeaveNoNumberInTheEventThatJsonCannotSay() throws IOException, InterruptedException {
        board.accept(News.begun());
        board.accept(News.diverged(1));
        JsonNode state = events().next();
        assertTrue(state.path("curve").path("points").path(0).path(2).isNull());
        assertTrue(state.path("numbers").path("loss_metrics/global_avg_loss").isNull());
    }

    /** The news go on while connections are open whose clients never read: were anything queued or waited for, this would end by its timeout. */
    @Test
    void shouldNotBeHeldUpByClientsThatDoNotRead() throws IOException, InterruptedException {
        List<Socket> deaf = new ArrayList<>();
        try {
            board.accept(News.begun());
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), server.base().getPort());
                deaf.add(socket);
                socket.getOutputStream()
                        .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            for (int step = 1; step <= 20_000; step++) {
                board.accept(News.step(step));
            }
            JsonNode state = events().next();
            assertEquals(
                    20_000, state.path("numbers").path("progress/global_step").asLong());
            assertTrue(state.path("curve").path("points").size() <= Curve.POINTS_MAX);
        } finally {
            for (Socket socket : deaf) {
                socket.close();
            }
        }
    }

    @Test
    void shouldServeAPageThatAsksNoOtherHostForAnything() throws IOException, InterruptedException {
        HttpResponse<String> page = get("/");
        assertEquals(200, page.statusCode());
        String policy = page.headers().firstValue("content-security-policy").orElse("");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        List<String> files = new ArrayList<>(List.of("/"));
        Pattern.compile("(?:src|href)=\"([a-z]+\\.[a-z]+)\"")
                .matcher(page.body())
                .results()
                .forEach(found -> files.add("/" + found.group(1)));
        Pattern.compile("from '\\./([a-z]+\\.js)'")
                .matcher(get("/board.js").body())
                .results()
                .forEach(found -> files.add("/" + found.group(1)));
        assertEquals(
                List.of("/", "/board.css", "/board.js", "/charts.js", "/controls.js", "/mesh.js", "/timeline.js"),
                files);
        for (String file : files) {
            HttpResponse<String> answer = get(file);
            assertEquals(200, answer.statusCode(), file);
            String foreign = answer.body().replace("http://www.w3.org/2000/svg", "");
            assertFalse(foreign.contains("//www") || foreign.contains("http:") || foreign.contains("https:"), file);
            assertFalse(foreign.contains("innerHTML"), file + " would make markup of text");
        }
    }
}
