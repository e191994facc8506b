package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.curriculum.sft.OpenAiChat;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.Pause;
import io.longreel.curriculum.sft.RequestPace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** An endpoint on the loopback that speaks chat completions, by a rule from a request to what is sent back. */
final class StubChat implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is sent back. */
    record Reply(int status, String body) {
        static Reply text(String text) {
            return new Reply(
                    200,
                    JSON.createObjectNode()
                            .set(
                                    "choices",
                                    JSON.createArrayNode()
                                            .add(JSON.createObjectNode()
                                                    .set(
                                                            "message",
                                                            JSON.createObjectNode()
                                                                    .put("content", text))))
                            .toString());
        }

        static Reply error(int status, String code) {
            return new Reply(status, "{\"error\": {\"code\": \"%s\", \"message\": \"so it is\"}}".formatted(code));
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Function<JsonNode, Reply> rule;
    private final List<JsonNode> requests = new ArrayList<>();
    private final OpenAiChat chat;

    StubChat(Function<JsonNode, Reply> rule) throws IOException {
        this.rule = rule;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", this::handle);
        server.setExecutor(threads);
        server.start();
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
        chat = OpenAiChat.of(url, "stub-1", Optional.empty(), Duration.ofSeconds(10), () -> Instant.EPOCH);
    }

    /** Asks it, three times at most, without a pause. */
    PatientChat patient() {
        InstantSource clock = () -> Instant.EPOCH;
        Pause pause = ms -> CompletableFuture.completedFuture(null);
        return new PatientChat(
                chat,
                new PatientChat.Patience(3, 1, 1),
                new RequestPace(clock, pause, 0),
                pause,
                new SplittableRandom(1));
    }

    synchronized List<JsonNode> requests() {
        return List.copyOf(requests);
    }

    /** What the last turn of a request says. */
    static String prompt(JsonNode request) {
        JsonNode content = request.path("messages")
                .path(request.path("messages").size() - 1)
                .path("content");
        return content.isTextual()
                ? content.asText()
                : content.path(content.size() - 1).path("text").asText();
    }

    @Override
    public void close() {
        chat.close();
        server.stop(0);
        threads.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes());
            synchronized (this) {
                requests.add(request);
            }
            Reply reply = rule.apply(request);
            byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
