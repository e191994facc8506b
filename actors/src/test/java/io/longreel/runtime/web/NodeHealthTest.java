package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

class NodeHealthTest {
    @Test
    void shouldBeAliveAtOnceAndReadyWhileTheNodeIsPartOfARun() throws Exception {
        try (NodeHealth health = NodeHealth.listen("127.0.0.1", 0);
                HttpClient client = HttpClient.newHttpClient()) {
            assertEquals(200, status(client, health, "/alive"));
            assertEquals(503, status(client, health, "/ready"));
            health.ready(true);
            assertEquals(200, status(client, health, "/ready"));
            health.ready(false);
            assertEquals(503, status(client, health, "/ready"));
            assertEquals(404, status(client, health, "/metrics"));
        }
    }

    private static int status(HttpClient client, NodeHealth health, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:%d%s".formatted(health.port(), path));
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                .statusCode();
    }
}
