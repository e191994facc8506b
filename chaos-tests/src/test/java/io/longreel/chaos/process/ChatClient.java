package io.longreel.chaos.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** Asks a server over HTTP, as its users do. Owned by a test; answers come on threads of its own. */
final class ChatClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COMPLETIONS = "/chat/completions";

    private final URI base;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("chat-client-", 0).factory()))
            .build();

    /** @param base such as {@code http://127.0.0.1:8080/v1} */
    ChatClient(URI base) {
        this.base = base;
    }

    /** A streamed answer as it comes. Any thread may look. */
    static final class Talk {
        private final StringBuilder text = new StringBuilder();
        private final CompletableFuture<String> whole = new CompletableFuture<>();
        private int pieces;
        private long lastNs = System.nanoTime();
        private long pauseNs;

        private synchronized void heard(String piece) {
            long nowNs = System.nanoTime();
            if (pieces > 0) {
                pauseNs = Math.max(pauseNs, nowNs - lastNs);
            }
            lastNs = nowNs;
            pieces++;
            text.append(piece);
        }

        /** Pieces of text so far. */
        synchronized int pieces() {
            return pieces;
        }

        /** The longest time between two pieces. */
        synchronized long pauseMs() {
            return pauseNs / 1_000_000;
        }

        boolean isOver() {
            return whole.isDone();
        }

        /** The whole text, or why there is none. */
        CompletableFuture<String> whole() {
            return whole;
        }

        private synchronized String text() {
            return text.toString();
        }
    }

    private HttpRequest post(String body) {
        return HttpRequest.newBuilder(URI.create(base + COMPLETIONS))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** Waits for the whole answer elsewhere. */
    CompletableFuture<String> whole(Asked asked) {
        return http.sendAsync(post(asked.json(false)), HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> {
                    if (response.statusCode() != 200) {
                        throw new IllegalStateException(
                                "status %d: %s".formatted(response.statusCode(), response.body()));
                    }
                    return parsed(response.body())
                            .at("/choices/0/message/content")
                            .asText();
                });
    }

    Talk stream(Asked asked) {
        Talk talk = new Talk();
        var unused = http.sendAsync(post(asked.json(true)), HttpResponse.BodyHandlers.ofLines())
                .thenAccept(response -> read(response, talk))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        talk.whole.completeExceptionally(failure);
                    }
                });
        return talk;
    }

    private static void read(HttpResponse<Stream<String>> response, Talk talk) {
        boolean isWhole = false;
        try (Stream<String> lines = response.body()) {
            for (String line : (Iterable<String>) lines::iterator) {
                if (response.statusCode() != 200) {
                    throw new IllegalStateException("status %d: %s".formatted(response.statusCode(), line));
                }
                if (line.equals("data: [DONE]")) {
                    isWhole = true;
                } else if (line.startsWith("data: ")) {
                    JsonNode event = parsed(line.substring("data: ".length()));
                    if (event.has("error")) {
                        throw new IllegalStateException(event.toString());
                    }
                    String piece = event.at("/choices/0/delta/content").asText("");
                    if (!piece.isEmpty()) {
                        talk.heard(piece);
                    }
                }
            }
        }
        if (!isWhole) {
            throw new IllegalStateException("the answer ended before its end: " + talk.text());
        }
        talk.whole.complete(talk.text());
    }

    /** Asks for a stream over a bare connection, which the caller closes when he has heard enough. */
    Socket connect(Asked asked) {
        try {
            byte[] body = asked.json(true).getBytes(StandardCharsets.UTF_8);
            Socket socket = new Socket(InetAddress.getByName(base.getHost()), base.getPort());
            String head = "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    .formatted(base.getPath() + COMPLETIONS, base.getAuthority(), body.length);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            socket.getOutputStream().flush();
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("a question cannot be sent", e);
        }
    }

    /** What the server says of its engine. */
    JsonNode engine() {
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(base.resolve("/health")).build();
            return parsed(http.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .path("engine");
        } catch (IOException e) {
            throw new UncheckedIOException("the server does not say how it is", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + json, e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
