package io.longreel.runtime.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.config.DashboardSettings;
import io.longreel.runtime.http.HttpBinding;
import io.longreel.runtime.metrics.PrometheusPage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run over HTTP, on the JDK's server with a virtual thread per request.
 *
 * <pre>
 *   GET /           a page that draws the run
 *   GET /events     what it draws, as server-sent events
 *   GET /alive      200 while the process lives
 *   GET /ready      200 while ranks train, evaluate or serve, else 503
 *   GET /metrics    Prometheus's text format
 *   POST /control/  orders, from those who have the token
 * </pre>
 *
 * Any thread may close it.
 */
public final class RunServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunServer.class);
    /** Clients that do not read hold a request each, and nothing else. */
    private static final int REQUESTS_MAX = 64;

    private static final int STREAMS_MAX = 32;
    /** For events that are on their way when the run ends. */
    private static final long FAREWELL_MS = 500;

    /** The keys that its address comes from; a constant, so that who names it does not make the logger. */
    public static final String KEYS =
            "longreel.dashboard.host, longreel.dashboard.port; port = off shows the run nowhere";

    private final DashboardSettings settings;
    private final RunBoard board;
    private final HttpServer server;
    private final RequestGuard guard;
    private final ControlEndpoint control;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("longreel-board-", 0).factory());
    private final Semaphore room = new Semaphore(REQUESTS_MAX);
    private final Semaphore streamRoom = new Semaphore(STREAMS_MAX);
    /** Made by the first who asks: most runs are never scraped. */
    private volatile @Nullable PrometheusPage page;

    private RunServer(DashboardSettings settings, RunBoard board, String token, HttpServer server) {
        this.settings = settings;
        this.board = board;
        this.server = server;
        boolean isLoopback = server.getAddress().getAddress().isLoopbackAddress();
        this.guard = new RequestGuard(isLoopback);
        this.control = new ControlEndpoint(settings, isLoopback, token);
    }

    /**
     * Listens from now on. Throws a failure of category CONFIG when the address cannot be bound.
     *
     * @param token that those who give orders must show
     */
    public static RunServer open(DashboardSettings settings, RunBoard board, String token) {
        HttpServer http = HttpBinding.bind(settings.host(), settings.port(), KEYS);
        RunServer server = new RunServer(settings, board, token, http);
        http.createContext("/", server::handle);
        http.setExecutor(server.threads);
        http.start();
        LOG.info("board.listening url={}", server.base());
        return server;
    }

    /** Where browsers find it, such as {@code http://127.0.0.1:41234/}. */
    public URI base() {
        return HttpBinding.base(settings.host(), server, "/");
    }

    /** Orders go there from now on; until then they are refused. */
    public void controls(ControlEndpoint.Controlled run) {
        control.connect(run);
    }

    /** What those who give orders must show; empty where nobody may give any. */
    public Optional<String> token() {
        return control.token();
    }

    private void handle(HttpExchange exchange) {
        boolean hasRoom = room.tryAcquire();
        try (exchange) {
            if (!hasRoom) {
                new Response(exchange).text(503, "too many requests at the same time");
            } else if (guard.lets(exchange)) {
                route(exchange);
            }
        } catch (IOException e) {
            LOG.debug("board.client-gone cause=\"{}\"", e.toString());
        } catch (RuntimeException | Error bug) {
            LOG.error("board.failed path={}", exchange.getRequestURI(), bug);
        } finally {
            if (hasRoom) {
                room.release();
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        Response response = new Response(exchange);
        String path = String.valueOf(exchange.getRequestURI().getPath());
        switch (path) {
            case "/alive" -> response.json(200, state(board.phase()));
            case "/ready" -> {
                RunPhase phase = board.phase();
                response.json(phase.isReady() ? 200 : 503, state(phase));
            }
            case "/metrics" ->
                response.send(
                        200,
                        PrometheusPage.CONTENT_TYPE,
                        page().of(board.reading()).getBytes(StandardCharsets.UTF_8));
            case "/events" -> stream(exchange, response);
            default -> {
                if (ControlEndpoint.isMeant(exchange)) {
                    control.answer(exchange, response);
                } else if (!Page.answers(exchange, path)) {
                    response.text(404, "there are /, /events, /metrics, /ready, /alive and /control/");
                }
            }
        }
    }

    private void stream(HttpExchange exchange, Response response) throws IOException {
        if (!streamRoom.tryAcquire()) {
            response.text(503, "too many pages are open");
            return;
        }
        try {
            new EventStream(board, control.view()).send(exchange);
        } finally {
            streamRoom.release();
        }
    }

    private String state(RunPhase phase) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("run", board.runName())
                .put("status", phase.word())
                .toString();
    }

    private PrometheusPage page() {
        PrometheusPage made = page;
        if (made == null) {
            synchronized (this) {
                made = page;
                if (made == null) {
                    made = new PrometheusPage(board.runName());
                    page = made;
                }
            }
        }
        return made;
    }

    /** Pages that are open are told the last state of the board, which must be closed by then, if they take it at once. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            var unused = threads.awaitTermination(FAREWELL_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        threads.shutdownNow();
    }
}
