package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ServeSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that go away, servers that are full, late or stopped: over plain sockets, as no client library behaves that badly. */
final class ChatServerFaultsTest {
    private static final int PATIENCE_S = 20;
    private static final int SOCKET_PATIENCE_MS = 20_000;

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private FakeService service = new FakeService(1);

    private ChatServer serve(int requestsMax, int room, Duration timeout) {
        service = new FakeService(room);
        open.add(service);
        ServeSettings settings = ServeFixtures.settings(
                requestsMax, timeout, ServeFixtures.media(List.of(), List.of()), Optional.empty());
        ChatServer server = ChatServer.open(settings, folder.resolve("uploads"), service, InstantSource.system());
        open.add(server);
        return server;
    }

    @AfterEach
    void close() throws Exception {
        service.hurry();
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        assertEquals(0, service.open());
    }

    @Test
    void shouldCancelOnceWhenTheReaderOfAStreamGoesAway() throws Exception {
        ChatServer server = serve(8, 4, Duration.ofSeconds(60));
        try (Socket socket = connect(server)) {
            send(socket, "hang", ", \"stream\": true");
            String head = readUntil(socket, "hang");
            assertTrue(head.startsWith("HTTP/1.1 200 OK"), head);
        }
        awaitCancelled(1);
        assertAnswers(server);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldCancelOnceWhenAClientThatWaitsGoesAway() throws Exception {
        ChatServer server = serve(8, 4, Duration.ofSeconds(60));
        try (Socket socket = connect(server)) {
            send(socket, "never", "");
            assertTrue(service.taken.tryAcquire(PATIENCE_S, TimeUnit.SECONDS));
        }
        awaitCancelled(1);
        assertAnswers(server);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldCancelWhatIsUnderstoodTooLate() throws Exception {
        ChatServer server = serve(1, 4, Duration.ofMillis(500));
        try (Socket socket = connect(server)) {
            send(socket, "slow", "");
            String answer = readUntil(socket, "\"code\":\"timeout\"");
            assertTrue(answer.startsWith("HTTP/1.1 504"), answer);
        }
        service.hurry();
        awaitCancelled(1);
    }

    @Test
    void shouldFreeMediaWhenAClientGoesAway() throws Exception {
        ChatServer server = serve(8, 4, Duration.ofSeconds(60));
        String picture = Base64.getEncoder().encodeToString(ServeFixtures.PICTURE);
        try (Socket socket = connect(server)) {
            String body = """
                    {"stream": true, "messages": [{"role": "user", "content": [
                       {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}},
                       {"type": "text", "text": "hang"}]}]}
                    """.formatted(picture);
            sendBody(socket, body, body.length());
            readUntil(socket, "hang");
        }
        awaitCancelled(1);
        try (var files = Files.list(folder.resolve("uploads"))) {
            assertEquals(1, files.count());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"stream\": true"})
    void shouldRefuseWhenAllPlacesAreTaken(String fields) throws Exception {
        ChatServer server = serve(1, 4, Duration.ofSeconds(60));
        try (Socket first = connect(server);
                Socket second = connect(server)) {
            send(first, "never", "");
            assertTrue(service.taken.tryAcquire(PATIENCE_S, TimeUnit.SECONDS));
            send(second, "x", fields);
            assertBusy(readUntil(second, "server_busy"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"stream\": true"})
    void shouldRefuseWhenTheServiceIsBusy(String fields) throws Exception {
        ChatServer server = serve(8, 1, Duration.ofSeconds(60));
        try (Socket first = connect(server);
                Socket second = connect(server)) {
            send(first, "never", "");
            assertTrue(service.taken.tryAcquire(PATIENCE_S, TimeUnit.SECONDS));
            send(second, "x", fields);
            assertBusy(readUntil(second, "server_busy"));
        }
    }

    private static void assertBusy(String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 429"), answer);
        assertTrue(answer.contains("Retry-after: 1") || answer.contains("Retry-After: 1"), answer);
        assertTrue(answer.contains("\"type\":\"rate_limit_error\""), answer);
    }

    @Test
    void shouldEndWhatTakesTooLong() throws Exception {
        ChatServer server = serve(8, 4, Duration.ofMillis(700));
        try (Socket whole = connect(server);
                Socket streamed = connect(server)) {
            send(whole, "never", "");
            send(streamed, "hang", ", \"stream\": true");
            String answer = readUntil(whole, "\"code\":\"timeout\"");
            assertTrue(answer.startsWith("HTTP/1.1 504"), answer);
            String events = readUntil(streamed, "[DONE]");
            assertTrue(events.startsWith("HTTP/1.1 200"), events);
            assertTrue(
                    events.contains("data: {\"error\":{\"message\":\"the answer was not over within 700 ms"), events);
        }
        awaitCancelled(2);
        assertAnswers(server);
    }

    @Test
    void shouldGiveUpOnAnUploadThatTakesTooLong() throws Exception {
        ChatServer server = serve(1, 4, Duration.ofMillis(500));
        try (Socket socket = connect(server)) {
            sendBody(socket, "{\"messages\": ", 5000);
            String answer = readUntil(socket, "request_timeout");
            assertTrue(answer.startsWith("HTTP/1.1 408"), answer);
            assertEquals("", readUntil(socket, "the end"));
        }
        assertAnswers(server);
    }

    @Test
    void shouldGiveUpOnAClientThatDoesNotRead() throws Exception {
        ChatServer server = serve(1, 4, Duration.ofMillis(500));
        try (Socket socket = connect(server)) {
            send(socket, "flood", ", \"stream\": true");
            assertTrue(service.taken.tryAcquire(PATIENCE_S, TimeUnit.SECONDS));
            assertAnswers(server);
        }
    }

    @Test
    void shouldForgetAClientThatStopsInTheMiddleOfItsRequest() throws Exception {
        ChatServer server = serve(1, 4, Duration.ofSeconds(60));
        try (Socket socket = connect(server)) {
            sendBody(socket, "{\"messages\": ", 5000);
            socket.shutdownOutput();
            assertEquals("", readUntil(socket, "the end"));
        }
        assertAnswers(server);
        assertEquals(1, service.asked.get());
    }

    @Test
    void shouldCancelAnswersThatOutliveTheGraceOfAStop() throws Exception {
        ChatServer server = serve(8, 4, Duration.ofSeconds(60));
        try (Socket whole = connect(server);
                Socket streamed = connect(server)) {
            send(whole, "never", "");
            send(streamed, "hang", ", \"stream\": true");
            readUntil(streamed, "hang");
            assertTrue(service.taken.tryAcquire(2, PATIENCE_S, TimeUnit.SECONDS));
            server.close();
            assertTrue(readUntil(whole, "server_stopping").startsWith("HTTP/1.1 503"));
            assertTrue(readUntil(streamed, "[DONE]").contains("server_stopping"));
        }
        awaitCancelled(2);
    }

    private void awaitCancelled(int times) throws InterruptedException {
        assertTrue(service.freed.tryAcquire(times, PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(times, service.cancelled.get());
        assertEquals(0, service.open());
    }

    /** Also when there is one place only: the last request gave it back. */
    private static void assertAnswers(ChatServer server) throws IOException {
        String answer = "";
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (!answer.contains("still here") && System.nanoTime() < endNs) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            try (Socket socket = connect(server)) {
                send(socket, "still here", "");
                answer = readUntil(socket, "\n{");
            }
        }
        assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
    }

    private static Socket connect(ChatServer server) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(SOCKET_PATIENCE_MS);
        return socket;
    }

    private static void send(Socket socket, String text, String fields) throws IOException {
        String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]%s}".formatted(text, fields);
        sendBody(socket, body, body.length());
    }

    private static void sendBody(Socket socket, String body, int statedLength) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write("""
                POST /v1/chat/completions HTTP/1.1\r
                Host: localhost\r
                Content-Type: application/json\r
                Content-Length: %d\r
                \r
                %s""".formatted(statedLength, body).getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** What comes until a text is there or the connection ends. */
    private static String readUntil(Socket socket, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        byte[] chunk = new byte[4096];
        while (all.indexOf(text) < 0) {
            int n = socket.getInputStream().read(chunk);
            if (n < 0) {
                break;
            }
            all.append(new String(chunk, 0, n, StandardCharsets.UTF_8));
        }
        return all.toString();
    }
}
