package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.corpus.Medium;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MediaFetcherTest {
    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Alarms alarms = new Alarms();
    private final HttpServer server;

    MediaFetcherTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void listen() {
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void close() {
        closing.countDown();
        server.stop(0);
        threads.close();
        alarms.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            switch (path) {
                case "/video" -> send(exchange, ServeFixtures.VIDEO, ServeFixtures.VIDEO.length);
                case "/page" -> send(exchange, "<html></html>".getBytes(StandardCharsets.UTF_8), 13);
                case "/large" -> send(exchange, Arrays.copyOf(ServeFixtures.VIDEO, 4000), 4000);
                case "/endless" -> send(exchange, Arrays.copyOf(ServeFixtures.VIDEO, 4000), 0);
                case "/cut" -> send(exchange, ServeFixtures.VIDEO, 1000);
                case "/slow" -> {
                    send(exchange, ServeFixtures.VIDEO, 1000);
                    exchange.getResponseBody().flush();
                    await();
                }
                case "/hang" -> await();
                case "/here" -> redirect(exchange, "/video");
                case "/loop" -> redirect(exchange, "/loop");
                case "/away" ->
                    redirect(
                            exchange,
                            "http://localhost:%d/video"
                                    .formatted(server.getAddress().getPort()));
                case "/file" -> redirect(exchange, "file:///etc/passwd");
                case "/odd" -> redirect(exchange, "http://[");
                default -> exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private void await() {
        try {
            closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, byte[] bytes, int length) throws IOException {
        exchange.sendResponseHeaders(200, length);
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().flush();
    }

    private static void redirect(HttpExchange exchange, String to) throws IOException {
        exchange.getResponseHeaders().set("Location", to);
        exchange.sendResponseHeaders(302, -1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/video", "/here"})
    void shouldFetchFromAListedHost(String path) throws Exception {
        try (MediaFetcher fetcher = fetcher(List.of(host("127.0.0.1")))) {
            Path file = fetcher.fetch(Medium.Kind.VIDEO, url(path), "where").file();
            assertArrayEquals(ServeFixtures.VIDEO, Files.readAllBytes(file));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/gone, 400, status 404",
        "/page, 400, must be a video",
        "/large, 413, at most 2048 bytes",
        "/endless, 413, at most 2048 bytes",
        "/cut, 400, cannot be fetched",
        "/slow, 400, more than 600 ms",
        "/hang, 400, more than 600 ms",
        "/loop, 400, from one redirect to the next",
        "/away, 400, another host",
        "/file, 400, URL with a host",
        "/odd, 400, cannot be fetched"
    })
    void shouldSayWhatIsWrong(String path, int status, String message) throws Exception {
        try (MediaFetcher fetcher = fetcher(List.of(host("127.0.0.1"), host("localhost")))) {
            Refusal refusal = assertThrows(Refusal.class, () -> fetcher.fetch(Medium.Kind.VIDEO, url(path), "where"));
            assertEquals(status, refusal.status(), refusal::getMessage);
            assertTrue(refusal.getMessage().contains(message), refusal::getMessage);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void shouldFetchFromNobodyElse() {
        assertForbidden(List.of(), url("/video"), "no host is allowed");
        assertForbidden(List.of("127.0.0.1"), url("/video"), "may not be fetched from"); // another port
        assertForbidden(List.of(host("example.org")), url("/video"), "may not be fetched from");
        assertForbidden(
                List.of(host("localhost")),
                "http://localhost:%d/video".formatted(server.getAddress().getPort()),
                "a private one");
        assertForbidden(List.of("169.254.169.254"), "http://169.254.169.254.example.org/", "may not be fetched");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://", "http:///x", "http://a b/", "http://me:secret@127.0.0.1/", "http://127.1/", "http:x"})
    void shouldRefuseWhatIsNoUrl(String url) {
        try (MediaFetcher fetcher = fetcher(List.of("127.0.0.1"))) {
            Refusal refusal = assertThrows(Refusal.class, () -> fetcher.fetch(Medium.Kind.VIDEO, url, "where"));
            assertEquals(400, refusal.status());
            assertTrue(!refusal.getMessage().contains("secret"), refusal::getMessage);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "192.168.0.1",
                "172.16.0.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "[::1]",
                "[fe80::1]",
                "[fd00::1]",
                "[::ffff:10.0.0.1]",
                "[64:ff9b::a00:1]"
            })
    void shouldKnowPrivateAddresses(String address) {
        // A name that is listed, and an address that is not: what somebody's DNS could make of it.
        AllowedHosts hosts = new AllowedHosts(List.of("media.example.org"));
        assertEquals(
                403,
                assertThrows(Refusal.class, () -> hosts.require(URI.create("http://" + address + "/"), "where"))
                        .status());
        assertTrue(!AllowedHosts.isPublic(address(address)), address);
        assertTrue(AllowedHosts.isPublic(address("93.184.216.34")));
        assertTrue(AllowedHosts.isPublic(address("[2606:2800:220:1::1]")));
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private void assertForbidden(List<String> hosts, String url, String message) {
        try (MediaFetcher fetcher = fetcher(hosts)) {
            Refusal refusal = assertThrows(Refusal.class, () -> fetcher.fetch(Medium.Kind.VIDEO, url, "where"));
            assertEquals(403, refusal.status(), refusal::getMessage);
            assertTrue(refusal.getMessage().contains(message), refusal::getMessage);
        }
    }

    private String host(String name) {
        return name + ":" + server.getAddress().getPort();
    }

    private String url(String path) {
        return "http://" + host("127.0.0.1") + path;
    }

    private MediaFetcher fetcher(List<String> hosts) {
        ServeSettings.Media settings =
                new ServeSettings.Media(List.of(), true, hosts, 4, 2048, 5000, Duration.ofMillis(600));
        return new MediaFetcher(settings, Uploads.in(folder, 2048, 5000), alarms);
    }
}
