package io.longreel.runtime.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.runtime.http.HttpBinding;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a worker is well, over HTTP, for whatever looks after processes. The supervisor does not ask here: it judges nodes by their beats.
 *
 * <pre>
 *   GET /alive    200 while the process lives
 *   GET /ready    200 while the node is part of a run, else 503
 * </pre>
 *
 * Any thread.
 */
public final class NodeHealth implements AutoCloseable {
    private static final String KEYS = "--health";

    private final Optional<HttpServer> server;
    private volatile boolean isReady;

    private NodeHealth(@Nullable HttpServer server) {
        this.server = Optional.ofNullable(server);
    }

    /** Nobody is told. */
    public static NodeHealth untold() {
        return new NodeHealth(null);
    }

    /**
     * Listens from now on. Throws a failure of category CONFIG when the address cannot be bound.
     *
     * @param port 0: a free one
     */
    public static NodeHealth listen(String host, int port) {
        HttpServer http = HttpBinding.bind(host, port, KEYS);
        NodeHealth health = new NodeHealth(http);
        http.createContext("/", health::answer);
        http.start();
        return health;
    }

    /** Port that it listens on; 0 when it does not. */
    public int port() {
        return server.map(http -> http.getAddress().getPort()).orElse(0);
    }

    /** Tells from now on whether the node is part of the run. */
    public void ready(boolean is) {
        isReady = is;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Response response = new Response(exchange);
            switch (String.valueOf(exchange.getRequestURI().getPath())) {
                case "/alive" -> response.json(200, state());
                case "/ready" -> response.json(isReady ? 200 : 503, state());
                default -> response.text(404, "there are /ready and /alive");
            }
        }
    }

    private String state() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("status", isReady ? "joined" : "waiting")
                .toString();
    }

    @Override
    public void close() {
        server.ifPresent(http -> http.stop(0));
    }
}
