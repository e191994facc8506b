package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DashboardSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.http.HttpBinding;
import io.longreel.runtime.metrics.News;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.ControlAnswer.Outcome;
import io.longreel.runtime.supervisor.RunNews;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunServerTest {
    private static final RunConfig CONFIG = RunConfigLoader.parse("""
            longreel { name = watched, stages = [{ name = short, phases = [{ steps = 10 }] }] }
            """, "test", List.of());

    private final RunBoard board = new RunBoard(CONFIG, 4, () -> Instant.ofEpochMilli(5_000));
    private final RunServer server = RunServer.open(
            new DashboardSettings("127.0.0.1", 0, DashboardSettings.Controls.LOOPBACK, false), board, "secret");
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(server.base().resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Version and status of the answer to a request that a client would not send. */
    private String raw(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.base().getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .substring(0, "HTTP/1.1 200".length());
        }
    }

    @Test
    void shouldBeReadyWhileRanksWorkAndAliveAllTheTime() throws IOException, InterruptedException {
        assertEquals(503, get("/ready").statusCode());
        assertEquals(
                "{\"run\":\"watched\",\"status\":\"starting\"}", get("/alive").body());
        board.accept(News.begun());
        assertEquals(200, get("/ready").statusCode());
        board.accept(new RunNews.RecoveryStarted(2, "a fault", false));
        assertEquals(503, get("/ready").statusCode());
        assertEquals(200, get("/alive").statusCode());
        board.accept(new RunNews.Serving(4));
        assertEquals(200, get("/ready").statusCode());
        board.accept(new RunNews.Closed());
        board.accept(new RunNews.FilesCaughtUp());
        assertEquals(
                "{\"run\":\"watched\",\"status\":\"closed\"}", get("/ready").body());
    }

    @Test
    void shouldGiveNumbersToPrometheus() throws IOException, InterruptedException {
        board.accept(News.begun());
        board.accept(News.step(1));
        HttpResponse<String> page = get("/metrics");
        assertEquals(200, page.statusCode());
        assertEquals(
                "text/plain; version=0.0.4; charset=utf-8",
                page.headers().firstValue("content-type").orElse(""));
        assertTrue(page.body().contains("longreel_loss_metrics_global_avg_loss{run=\"watched\"} 2.0\n"), page.body());
        assertTrue(page.body().contains("# TYPE longreel_data_tokens_total counter\n"), page.body());
    }

    @Test
    void shouldSayWhatThereIsWhenSomethingElseIsAskedFor() throws IOException, InterruptedException {
        assertEquals(404, get("/metricz").statusCode());
        assertEquals(404, get("/metrics/../secret").statusCode());
    }

    @Test
    void shouldChangeNothing() throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(server.base().resolve("/metrics"))
                        .POST(HttpRequest.BodyPublishers.ofString("x"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(405, answer.statusCode());
        assertEquals("GET, HEAD", answer.headers().firstValue("allow").orElse(""));
    }

    private HttpResponse<String> order(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.base().resolve("/control/" + path))
                .POST(HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void shouldPassOrdersOnAndSayWhatBecameOfThem() throws IOException, InterruptedException {
        String[] token = {"X-Longreel-Token", "secret"};
        assertEquals(503, order("pause", token).statusCode(), "nobody is there to carry it out");
        List<Control> asked = new ArrayList<>();
        server.controls((control, answer) -> {
            asked.add(control);
            answer.accept(new ControlAnswer(
                    control instanceof Control.Kill ? Outcome.REFUSED : Outcome.ACCEPTED, "heard \"it\""));
        });
        HttpResponse<String> answer = order("pause", token);
        assertEquals(200, answer.statusCode());
        assertEquals("{\"outcome\":\"accepted\",\"text\":\"heard \\\"it\\\"\"}", answer.body());
        assertEquals(200, order("drain/node%201", token).statusCode());
        assertEquals(409, order("kill/3", token).statusCode());
        for (String unknown :
                List.of("", "halt", "drain", "drain/", "kill/x", "kill/-1", "pause/now", "kill/1234567")) {
            assertEquals(404, order(unknown, token).statusCode(), unknown);
        }
        assertEquals(List.of(new Control.Pause(), new Control.Drain("node 1"), new Control.Kill(3)), asked);
    }

    @Test
    void shouldTakeNoOrderWithoutTheTokenOrFromAPageFromElsewhere() throws IOException, InterruptedException {
        server.controls((control, answer) -> {
            throw new AssertionError("must not be asked: " + control);
        });
        assertEquals(403, order("pause").statusCode());
        assertEquals(403, order("pause", "X-Longreel-Token", "guess").statusCode());
        assertEquals(
                403,
                order("pause", "X-Longreel-Token", "secret", "Origin", "http://evil.example")
                        .statusCode());
        assertEquals(
                403,
                order("pause", "X-Longreel-Token", "secret", "Sec-Fetch-Site", "cross-site")
                        .statusCode());
        String foreign =
                "POST /control/pause HTTP/1.1\r\nHost: evil.example\r\nX-Longreel-Token: secret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        assertEquals("HTTP/1.1 421", raw(foreign));
        assertEquals(405, get("/control/pause").statusCode());
        assertFalse(get("/events-not").body().contains("secret"));
        assertFalse(get("/").body().contains("secret"), "the token is in nothing that is given out");
    }

    @Test
    void shouldTakeNoOrdersWhereTheyAreOff() throws IOException, InterruptedException {
        try (RunServer closed = RunServer.open(
                new DashboardSettings("127.0.0.1", 0, DashboardSettings.Controls.OFF, false), board, "secret")) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(closed.base().resolve("/control/pause"))
                            .header("X-Longreel-Token", "secret")
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(403, answer.statusCode());
            assertTrue(answer.body().contains("longreel.dashboard.controls is off"), answer.body());
            assertTrue(closed.token().isEmpty());
        }
    }

    @Test
    void shouldRefuseAPageFromElsewhereThatCallsItByANameOfItsOwn() throws IOException {
        assertEquals(
                "HTTP/1.1 421", raw("GET /metrics HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n"));
        assertEquals("HTTP/1.1 200", raw("GET /metrics HTTP/1.1\r\nHost: localhost:9000\r\nConnection: close\r\n\r\n"));
    }

    @Test
    void shouldSayWhichKeyToChangeWhenThePortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            DashboardSettings settings = new DashboardSettings(
                    "127.0.0.1", taken.getLocalPort(), DashboardSettings.Controls.LOOPBACK, false);
            String message = assertThrows(
                            RuntimeFailure.class,
                            () -> HttpBinding.check(settings.host(), settings.port(), RunServer.KEYS))
                    .getMessage();
            assertTrue(message.contains("longreel.dashboard.port"), message);
        }
        int free;
        try (ServerSocket some = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = some.getLocalPort();
        }
        DashboardSettings fixed = new DashboardSettings("127.0.0.1", free, DashboardSettings.Controls.LOOPBACK, false);
        HttpBinding.check(fixed.host(), fixed.port(), RunServer.KEYS);
        RunServer.open(fixed, board, "secret").close();
    }
}
