package io.longreel.runtime.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.chat.ChatService;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An endpoint that speaks OpenAI's chat completions in front of a {@link ChatService}, on the JDK's HTTP server with a virtual thread per request.
 *
 * <pre>
 *   POST /v1/chat/completions             an answer, whole or as server-sent events
 *   GET  /v1/models, /v1/models/NAME      the one model
 *   GET  /health, /ready, /alive          without a key; /ready is 503 while the server stops
 * </pre>
 *
 * Everything else is 404, and every error is OpenAI's error object. Does not own the service. Any thread may close it.
 */
public final class ChatServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChatServer.class);
    private static final String MODELS = "/v1/models";
    /** Time beyond that of the answers in which a stopping server says that it stops. */
    private static final Duration FAREWELL = Duration.ofSeconds(3);

    private final ServeSettings settings;
    private final ChatService service;
    private final HttpServer server;
    private final ExecutorService threads;
    private final Alarms alarms;
    private final MediaSources media;
    private final Completions completions;
    private final ApiKey key;
    private final long openedAtMs;
    private final AtomicLong requests = new AtomicLong();
    private final Running running = new Running();
    private volatile boolean isStopping;

    private ChatServer(
            ServeSettings settings, Path mediaFolder, ChatService service, InstantSource clock, HttpServer server) {
        this.settings = settings;
        this.service = service;
        this.server = server;
        this.key = ApiKey.in(settings.apiKeyFile());
        this.openedAtMs = clock.millis();
        this.alarms = new Alarms();
        this.media = new MediaSources(settings.media(), mediaFolder, alarms);
        AtomicLong seed = new AtomicLong(openedAtMs);
        ChatRequestReader reader = new ChatRequestReader(settings, () -> mixed(seed.incrementAndGet()));
        this.completions = new Completions(settings, service, media, reader, alarms, clock);
        this.threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("longreel-http-", 0).factory());
    }

    /**
     * Listens from now on. Throws a failure of category CONFIG when the address cannot be bound, or a folder or the key's file is not as it must be.
     *
     * @param mediaFolder for images and videos that requests bring; made when missing, used by nobody else, and seen by every rank
     * @param clock for the times in answers, their ids, and seeds of those that name none
     */
    public static ChatServer open(ServeSettings settings, Path mediaFolder, ChatService service, InstantSource clock) {
        HttpServer http =
                HttpBinding.bind(settings.host(), settings.port(), "longreel.serve.host, longreel.serve.port");
        ChatServer server;
        try {
            server = new ChatServer(settings, mediaFolder, service, clock, http);
        } catch (RuntimeFailure failure) {
            http.stop(0);
            throw failure;
        }
        http.createContext("/", server::handle);
        http.setExecutor(server.threads);
        http.start();
        if (settings.apiKeyFile().isEmpty() && !http.getAddress().getAddress().isLoopbackAddress()) {
            LOG.warn("http.open-to-all host={}: whoever reaches it may ask, as there is no key", settings.host());
        }
        LOG.info("http.listening url={} model={}", server.base(), service.modelName());
        return server;
    }

    /** Where clients find it, such as {@code http://127.0.0.1:8080/v1}. */
    public URI base() {
        return HttpBinding.base(settings.host(), server, "/v1");
    }

    /** The port that is bound. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) {
        running.begin();
        Reply reply = new Reply(exchange, "%x-%d".formatted(openedAtMs, requests.incrementAndGet()));
        try {
            try {
                route(exchange, reply);
            } catch (Refusal refusal) {
                reply.refuse(refusal);
                reply.discardRest(alarms);
            } catch (RuntimeException | Error bug) {
                LOG.error("http.failed request={}", reply.requestId(), bug);
                reply.refuse(Refusal.internal(reply.requestId()));
            }
        } catch (IOException e) {
            LOG.info("http.client-gone request={} cause=\"{}\"", reply.requestId(), e.toString());
        } finally {
            exchange.close();
            running.end();
        }
    }

    private void route(HttpExchange exchange, Reply reply) throws IOException {
        String path = exchange.getRequestURI().getPath();
        switch (path == null ? "" : path) {
            case "/v1/chat/completions" -> {
                key.require(exchange.getRequestHeaders());
                requireMethod(exchange, "POST");
                if (isStopping) {
                    throw Refusal.stopping();
                }
                completions.answer(exchange, reply);
            }
            case MODELS -> {
                key.require(exchange.getRequestHeaders());
                requireMethod(exchange, "GET");
                reply.json(200, ChatJson.models(service.modelName(), openedAtMs / 1000));
            }
            case "/health", "/alive" -> {
                requireMethod(exchange, "GET");
                reply.json(200, state());
            }
            case "/ready" -> {
                requireMethod(exchange, "GET");
                reply.json(isStopping ? 503 : 200, state());
            }
            default -> other(exchange, reply, String.valueOf(path));
        }
    }

    private void other(HttpExchange exchange, Reply reply, String path) throws IOException {
        key.require(exchange.getRequestHeaders());
        if (!path.startsWith(MODELS + "/")) {
            throw Refusal.of(
                    404,
                    null,
                    "unknown_url",
                    "there is no %s; there are POST /v1/chat/completions, GET /v1/models and GET /health"
                            .formatted(Refusal.shown(exchange.getRequestMethod() + " " + path)));
        }
        requireMethod(exchange, "GET");
        String name = path.substring(MODELS.length() + 1);
        if (!name.equals(service.modelName())) {
            throw Completions.unknownModel(name, service.modelName());
        }
        reply.json(200, ChatJson.model(name, openedAtMs / 1000));
    }

    private static void requireMethod(HttpExchange exchange, String method) {
        String asked = exchange.getRequestMethod();
        if (!asked.equals(method) && !(method.equals("GET") && asked.equals("HEAD"))) {
            exchange.getResponseHeaders().set("Allow", method);
            throw Refusal.of(405, null, "method_not_allowed", "the method must be %s, not %s".formatted(method, asked));
        }
    }

    private ObjectNode state() {
        ObjectNode state = JsonNodeFactory.instance
                .objectNode()
                .put("status", isStopping ? "stopping" : "ok")
                .put("model", service.modelName())
                .put("requests", completions.requests())
                .put("requests_max", settings.requestsMax());
        service.facts()
                .ifPresent(facts -> state.putObject("engine")
                        .put("up", facts.isUp())
                        .put("generation", facts.generation())
                        .put("open", facts.open())
                        .put("answering", facts.answering())
                        .put("cache_pages", facts.pages())
                        .put("cache_pages_busy", facts.busyPages()));
        return state;
    }

    /** The finalizer of SplitMix64: seeds that follow each other have nothing in common. */
    private static long mixed(long number) {
        long z = number * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /**
     * Refuses further requests with status 503, lets answers go on for the time that is set for it, and cancels those that are not over then; their clients are told. Returns
     * when all is closed. A second call does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (isStopping) {
                return;
            }
            isStopping = true;
        }
        LOG.info("http.stopping requests={}", completions.requests());
        if (!running.awaitNone(settings.stopTimeout())) {
            alarms.ringAll();
            running.awaitNone(FAREWELL);
        }
        server.stop(0);
        threads.shutdownNow();
        threads.close();
        media.close();
        alarms.close();
    }
}
