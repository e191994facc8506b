package io.longreel.runtime.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The state of a run as server-sent events (HTML standard, section 9.2): at once, and again whenever it has changed, some times a second at most. A client
 * that reads slowly gets fewer and later ones, each with all that is new by then; nothing is kept for it. On the request's thread.
 */
final class EventStream {
    /** Between two events; faster than anybody reads. */
    private static final long REST_MS = 250;
    /** Proxies cut connections on which nothing happens, and only a write finds a client gone. */
    private static final long HEARTBEAT_MS = 10_000;

    private final RunBoard board;
    private final ControlEndpoint.View controls;

    EventStream(RunBoard board, ControlEndpoint.View controls) {
        this.board = board;
        this.controls = controls;
    }

    /** Returns when the run is over, or the client is gone. */
    void send(HttpExchange exchange) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", "text/event-stream");
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        RunBoard.Cursor cursor = RunBoard.Cursor.NOTHING;
        try {
            while (true) {
                RunBoard.Update update = board.since(cursor);
                write(out, "data: " + BoardJson.of(update, controls) + "\n\n");
                if (update.isLast()) {
                    return;
                }
                cursor = update.next();
                board.rest(REST_MS);
                while (!board.awaitNewer(update.version(), HEARTBEAT_MS)) {
                    write(out, ":\n\n");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the server closes
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
