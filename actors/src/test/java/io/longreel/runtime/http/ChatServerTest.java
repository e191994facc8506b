package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients see that behave. */
final class ChatServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long CREATED_S = 1_700_000_000;

    @TempDir
    private Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<AutoCloseable> open = new ArrayList<>();
    private FakeService service = new FakeService(4);

    private ChatServer serve(int room, ServeSettings settings) {
        service = new FakeService(room);
        open.add(service);
        ChatServer server = ChatServer.open(settings, folder.resolve("uploads"), service, InstantSource.system());
        open.add(server);
        return server;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        client.shutdownNow();
        client.close();
        assertEquals(0, service.open());
    }

    @Test
    void shouldAnswerAtOnce() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        HttpResponse<String> response = post(server, chat("Tell me more", ""));
        assertEquals(200, response.statusCode());
        assertEquals(
                "application/json",
                response.headers().firstValue("Content-Type").orElse(""));
        JsonNode answer = JSON.readTree(response.body());
        assertEquals("chat.completion", answer.path("object").asText());
        assertEquals(FakeService.NAME, answer.path("model").asText());
        assertTrue(answer.path("id").asText().startsWith("chatcmpl-"));
        assertTrue(answer.path("created").asLong() > CREATED_S);
        JsonNode choice = answer.path("choices").path(0);
        assertEquals("assistant", choice.path("message").path("role").asText());
        assertEquals("Tell me more", choice.path("message").path("content").asText());
        assertEquals("stop", choice.path("finish_reason").asText());
        assertEquals(JSON.readTree("""
                        {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14,
                         "prompt_tokens_details": {"cached_tokens": 4}}
                        """), answer.path("usage"));
        assertEquals(0, service.cancelled.get());
        assertEquals(20, service.last.newTokensMax());
    }

    @Test
    void shouldStreamAnAnswer() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        HttpResponse<String> response =
                post(server, chat("Tell me more", ", \"stream\": true, \"stream_options\": {\"include_usage\": true}"));
        assertEquals(200, response.statusCode());
        assertTrue(response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream"));
        List<JsonNode> chunks = chunks(response.body());
        assertEquals(6, chunks.size(), response::body);
        assertEquals(
                1,
                chunks.stream()
                        .map(chunk -> chunk.path("id").asText())
                        .distinct()
                        .count());
        assertEquals("assistant", delta(chunks.getFirst()).path("role").asText());
        assertEquals(
                "Tell me more",
                String.join(
                        "",
                        chunks.stream()
                                .map(chunk -> delta(chunk).path("content").asText())
                                .toList()));
        assertTrue(chunks.get(3).path("choices").path(0).path("finish_reason").isNull());
        assertEquals(
                "stop",
                chunks.get(4).path("choices").path(0).path("finish_reason").asText());
        assertTrue(chunks.get(4).path("usage").isNull());
        assertEquals(0, chunks.get(5).path("choices").size());
        assertEquals(14, chunks.get(5).path("usage").path("total_tokens").asInt());
        assertTrue(response.body().endsWith("data: [DONE]\n\n"), response::body);
        assertEquals(0, service.cancelled.get());
    }

    @Test
    void shouldSayThatAnAnswerWasCutOff() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        JsonNode answer = JSON.readTree(post(server, chat("long", "")).body());
        assertEquals(
                "length", answer.path("choices").path(0).path("finish_reason").asText());
        List<JsonNode> chunks =
                chunks(post(server, chat("long", ", \"stream\": true")).body());
        assertEquals(
                "length",
                chunks.getLast().path("choices").path(0).path("finish_reason").asText());
        assertFalse(chunks.getLast().has("usage"));
    }

    @Test
    void shouldShowMediaToTheService() throws Exception {
        Files.write(folder.resolve("v.mp4"), ServeFixtures.VIDEO);
        ChatServer server = serve(
                4,
                ServeFixtures.settings(
                        4, Duration.ofSeconds(30), ServeFixtures.media(List.of(folder), List.of()), Optional.empty()));
        String picture = Base64.getEncoder().encodeToString(ServeFixtures.PICTURE);
        JsonNode answer =
                JSON.readTree(post(server, """
                        {"messages": [{"role": "user", "content": [
                           {"type": "video_url", "video_url": {"url": "file://%s/v.mp4"}},
                           {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}},
                           {"type": "text", "text": "media"}]}], "frames_max": 9}
                        """.formatted(folder, picture)).body());
        String said =
                answer.path("choices").path(0).path("message").path("content").asText();
        assertTrue(
                said.matches("VIDEO 14 %s/v.mp4; IMAGE 11 %s/uploads/[0-9a-f]{64}"
                        .formatted(folder.toRealPath(), folder.toRealPath())),
                said);
        assertEquals(9, service.last.framesMax());
        // A file that the service cannot read is told by its place, as the client does not know its name.
        String lose = "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\":"
                + " \"data:image/png;base64,%s\"}, {\"type\": \"text\", \"text\": \"lose\"}]}]%s}";
        for (String fields : List.of("", ", \"stream\": true")) {
            HttpResponse<String> refused = post(server, lose.formatted(picture, fields));
            assertError(refused, 400, "invalid_request_error", "");
            assertTrue(
                    refused.body().contains("unreadable video: IMAGE 11 messages[0].content[0].image_url"),
                    refused::body);
        }
    }

    @Test
    void shouldListTheModel() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        JsonNode list = JSON.readTree(get(server, "/v1/models").body());
        assertEquals("list", list.path("object").asText());
        assertEquals(FakeService.NAME, list.path("data").path(0).path("id").asText());
        assertEquals(
                list.path("data").path(0),
                JSON.readTree(get(server, "/v1/models/" + FakeService.NAME).body()));
        assertError(get(server, "/v1/models/other"), 404, "invalid_request_error", "model_not_found");
        HttpResponse<String> other = post(server, chat("x", ", \"model\": \"other\""));
        assertError(other, 404, "invalid_request_error", "model_not_found");
        assertEquals(
                200,
                post(server, chat("x", ", \"model\": \"%s\"".formatted(FakeService.NAME)))
                        .statusCode());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /, 404",
        "GET, /v1, 404",
        "GET, /v1/chat/completions/x, 404",
        "POST, /v1/completions, 404",
        "POST, /v1/embeddings, 404",
        "GET, /v1/chat/completions, 405",
        "DELETE, /v1/models, 405",
        "POST, /health, 405",
        "GET, /v1/%2e%2e/x, 404"
    })
    void shouldAnswerEverythingElseWithAnError(String method, String path, int status) throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(server.base().resolve(path))
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        assertError(response, status, "invalid_request_error", status == 404 ? "unknown_url" : "method_not_allowed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bug | 500 | server_error | ",
                "too long for the context: tokens=70000 | 400 | invalid_request_error | context_length_exceeded",
                "refuse a video out of context | 400 | invalid_request_error | ",
                "refuse unreadable video | 400 | invalid_request_error | ",
            })
    void shouldTellWhyThereIsNoAnswer(String text, int status, String type, String code) throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        for (String fields : List.of("", ", \"stream\": true")) {
            HttpResponse<String> response = post(server, chat(text, fields));
            assertError(response, status, type, code == null ? "" : code);
            assertFalse(response.body().contains("secret internals"));
            assertEquals(text.contains("tokens"), response.body().contains("tokens=70000"));
        }
        assertEquals(200, post(server, chat("and the server goes on", "")).statusCode());
    }

    @Test
    void shouldTellThatAnAnswerBrokeOff() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        assertError(post(server, chat("break", "")), 500, "server_error", "");
        HttpResponse<String> streamed = post(server, chat("break", ", \"stream\": true"));
        assertEquals(200, streamed.statusCode());
        assertTrue(streamed.body().contains("data: {\"error\":{\"message\":\"a rank is gone\""), streamed::body);
        assertTrue(streamed.body().endsWith("data: [DONE]\n\n"));
    }

    @Test
    void shouldRefuseBodiesThatAreNotAsTheyMustBe() throws Exception {
        ChatServer server = serve(4, ServeFixtures.settings());
        assertError(post(server, "{"), 400, "invalid_request_error", "");
        assertError(post(server, chat("x".repeat(70_000), "")), 413, "invalid_request_error", "request_too_large");
        HttpRequest chunked = request(server, "/v1/chat/completions")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[5 << 20])))
                .build();
        assertError(client.send(chunked, BodyHandlers.ofString()), 413, "invalid_request_error", "request_too_large");
        HttpRequest form = HttpRequest.newBuilder(uri(server, "/v1/chat/completions"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(chat("x", "")))
                .build();
        assertError(client.send(form, BodyHandlers.ofString()), 415, "invalid_request_error", "unsupported_media_type");
        HttpRequest packed = request(server, "/v1/chat/completions")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString(chat("x", "")))
                .build();
        assertError(client.send(packed, BodyHandlers.ofString()), 415, "invalid_request_error", "unsupported_encoding");
        assertEquals(0, service.asked.get());
        assertEquals(200, post(server, chat("x", "")).statusCode());
    }

    @Test
    void shouldAskForTheKey() throws Exception {
        Path file = Files.createFile(
                folder.resolve("key"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, "sk-right\n");
        ServeSettings settings = ServeFixtures.settings(
                4, Duration.ofSeconds(30), ServeFixtures.media(List.of(), List.of()), Optional.of(file));
        ChatServer server = serve(4, settings);
        for (String header : List.of("Bearer sk-wrong", "Bearer ", "Basic sk-right", "sk-right")) {
            HttpRequest request = request(server, "/v1/models")
                    .header("Authorization", header)
                    .build();
            assertError(client.send(request, BodyHandlers.ofString()), 401, "invalid_request_error", "invalid_api_key");
        }
        assertError(get(server, "/v1/models"), 401, "invalid_request_error", "invalid_api_key");
        assertError(post(server, chat("x", "")), 401, "invalid_request_error", "invalid_api_key");
        assertEquals(200, get(server, "/health").statusCode());
        HttpRequest right = request(server, "/v1/models")
                .header("Authorization", "bearer sk-right")
                .build();
        assertEquals(200, client.send(right, BodyHandlers.ofString()).statusCode());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        RuntimeFailure open = assertThrows(RuntimeFailure.class, () -> serve(4, settings));
        assertEquals(RuntimeFailure.Category.CONFIG, open.category());
    }

    @Test
    void shouldSayWhenAnAddressCannotBeBound() {
        ChatServer server = serve(4, ServeFixtures.settings());
        ServeSettings same = new ServeSettings(
                "127.0.0.1",
                server.port(),
                1 << 20,
                1,
                1,
                1,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Optional.empty(),
                ServeFixtures.media(List.of(), List.of()));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> serve(4, same));
        assertTrue(failure.getMessage().contains("longreel.serve.port"), failure::getMessage);
    }

    @Test
    void shouldAnswerAHundredAtOnce() {
        ChatServer server = serve(
                100,
                ServeFixtures.settings(
                        100, Duration.ofSeconds(30), ServeFixtures.media(List.of(), List.of()), Optional.empty()));
        List<CompletableFuture<HttpResponse<String>>> all = IntStream.range(0, 100)
                .mapToObj(i -> client.sendAsync(
                        request(server, "/v1/chat/completions")
                                .POST(BodyPublishers.ofString(
                                        chat("number " + i, i % 2 == 0 ? "" : ", \"stream\": true")))
                                .build(),
                        BodyHandlers.ofString()))
                .toList();
        for (int i = 0; i < all.size(); i++) {
            HttpResponse<String> response = all.get(i).join();
            assertEquals(200, response.statusCode(), response::body);
            assertTrue(response.body().contains(String.valueOf(i)), response::body);
        }
        assertEquals(100, service.asked.get());
        assertEquals(0, service.cancelled.get());
    }

    private static void assertError(HttpResponse<String> response, int status, String type, String code)
            throws IOException {
        assertEquals(status, response.statusCode(), response::body);
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertEquals(type, error.path("type").asText(), response::body);
        assertEquals(code, error.path("code").isNull() ? "" : error.path("code").asText(), response::body);
        assertTrue(error.path("message").isTextual() && error.has("param"), response::body);
    }

    private static List<JsonNode> chunks(String body) throws IOException {
        List<JsonNode> chunks = new ArrayList<>();
        for (String event : body.split("\n\n")) {
            if (!event.startsWith(":") && !event.equals("data: [DONE]")) {
                assertTrue(event.startsWith("data: {"), event);
                chunks.add(JSON.readTree(event.substring("data: ".length())));
            }
        }
        return chunks;
    }

    private static JsonNode delta(JsonNode chunk) {
        return chunk.path("choices").path(0).path("delta");
    }

    private static String chat(String text, String fields) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]%s}".formatted(text, fields);
    }

    private static URI uri(ChatServer server, String path) {
        return server.base().resolve(path);
    }

    private static HttpRequest.Builder request(ChatServer server, String path) {
        return HttpRequest.newBuilder(uri(server, path))
                .header("Content-Type", "application/json; charset=utf-8")
                .timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> post(ChatServer server, String body) throws IOException, InterruptedException {
        return client.send(
                request(server, "/v1/chat/completions")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> get(ChatServer server, String path) throws IOException, InterruptedException {
        return client.send(request(server, path).build(), BodyHandlers.ofString());
    }
}
