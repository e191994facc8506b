package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DashboardSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.http.HttpBinding;
import io.longreel.runtime.metrics.News;
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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunServerTest {
    private static final RunConfig CONFIG = RunConfigLoader.parse("""
            longreel { name = watched, stages = [{ name = short, phases = [{ steps = 10 }] }] }
            """, "test", List.of());

    private final RunBoard board = new RunBoard(CONFIG, 4, () -> Instant.ofEpochMilli(5_000));
    private final RunServer server = RunServer.open(new DashboardSettings("127.0.0.1", 0), board);
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

    @Test
    void shouldRefuseAPageFromElsewhereThatCallsItByANameOfItsOwn() throws IOException {
        assertEquals(
                "HTTP/1.1 421", raw("GET /metrics HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n"));
        assertEquals("HTTP/1.1 200", raw("GET /metrics HTTP/1.1\r\nHost: localhost:9000\r\nConnection: close\r\n\r\n"));
    }

    @Test
    void shouldSayWhichKeyToChangeWhenThePortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            DashboardSettings settings = new DashboardSettings("127.0.0.1", taken.getLocalPort());
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
        DashboardSettings fixed = new DashboardSettings("127.0.0.1", free);
        HttpBinding.check(fixed.host(), fixed.port(), RunServer.KEYS);
        RunServer.open(fixed, board).close();
    }
}
