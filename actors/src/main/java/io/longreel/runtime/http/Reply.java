package io.longreel.runtime.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The answer to one HTTP request: one JSON value, or server-sent events that end with {@code [DONE]}. What it is decides itself with the first thing that is
 * written; an error after events have begun is an event, too. Used by the request's thread only. A client that is gone is an {@link IOException}.
 */
final class Reply {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] LAST_EVENT = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COMMENT = ": waiting\n\n".getBytes(StandardCharsets.UTF_8);
    private static final int RETRY_AFTER_S = 1;
    private static final Duration DISCARD_LIMIT = Duration.ofSeconds(5);

    private final HttpExchange exchange;
    private final String requestId;
    private boolean hasBegun;
    private boolean hasEvents;

    Reply(HttpExchange exchange, String requestId) {
        this.exchange = exchange;
        this.requestId = requestId;
        exchange.getResponseHeaders().set("x-request-id", requestId);
    }

    String requestId() {
        return requestId;
    }

    /** Whether the status is on its way. */
    boolean hasBegun() {
        return hasBegun;
    }

    void json(int status, JsonNode value) throws IOException {
        byte[] body = bytes(value);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        hasBegun = true;
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.getResponseBody().flush();
    }

    void beginEvents() throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.getResponseHeaders().set("X-Accel-Buffering", "no"); // proxies pass each event on at once
        hasBegun = true;
        hasEvents = true;
        exchange.sendResponseHeaders(200, 0);
    }

    void event(JsonNode value) throws IOException {
        OutputStream out = exchange.getResponseBody();
        out.write("data: ".getBytes(StandardCharsets.UTF_8));
        out.write(bytes(value));
        out.write("\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Something that readers of events skip. */
    void comment() throws IOException {
        exchange.getResponseBody().write(COMMENT);
        exchange.getResponseBody().flush();
    }

    void endEvents() throws IOException {
        exchange.getResponseBody().write(LAST_EVENT);
        exchange.getResponseBody().flush();
    }

    /** Says why there is no answer, or no more of it. */
    void refuse(Refusal refusal) throws IOException {
        if (hasEvents) {
            event(ChatJson.error(refusal));
            endEvents();
            return;
        }
        if (hasBegun) {
            throw new IOException("the answer was under way when it failed: " + refusal.getMessage());
        }
        if (refusal.isWorthRetrying()) {
            exchange.getResponseHeaders().set("Retry-After", String.valueOf(RETRY_AFTER_S));
        }
        if (refusal.status() == 401) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
        }
        json(refusal.status(), ChatJson.error(refusal));
    }

    /** Reads what is left of the request, for a while: a client that still sends would never see why it was refused. */
    void discardRest(Alarms alarms) throws IOException {
        try (Alarms.Alarm alarm = alarms.set(DISCARD_LIMIT)) {
            InputStream rest = exchange.getRequestBody();
            byte[] chunk = new byte[1 << 16];
            while (!alarm.hasRung() && rest.read(chunk) >= 0) {
                // not wanted
            }
        }
    }

    private static byte[] bytes(JsonNode value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of numbers and strings has a form in JSON", e);
        }
    }
}
