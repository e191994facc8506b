package io.longreel.curriculum.sft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint on the loopback that speaks chat completions. Captions tell time and colour of what it was shown, so that an equal question has
 * an equal answer; the writer's answer is made of the captions. It checks what it is sent, and has faults on request, each once.
 */
final class StubEndpoint implements AutoCloseable {
    static final String KEY = "sk-very-secret";
    static final String CAPTIONER = "eye-1";
    static final String WRITER = "pen-1";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FROM = Pattern.compile("goes from (\\S+) to (\\S+)\\.");
    private static final String DATA = "data:image/jpeg;base64,";

    /** What can go wrong with a request. */
    enum Fault {
        TOO_MANY_REQUESTS,
        SERVER_ERROR,
        CUT_OFF,
        NO_JSON,
        HANG,
        WRONG_KEY,
        BAD_PAIRS
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<String, Deque<Fault>> faults = new TreeMap<>();
    private final Map<Fault, Integer> fired = new EnumMap<>(Fault.class);
    private final Map<String, Integer> captions = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private int requests;

    StubEndpoint() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    }

    /** The next requests to a model go wrong in these ways. */
    synchronized StubEndpoint failing(String model, Fault... next) {
        faults.computeIfAbsent(model, name -> new ArrayDeque<>()).addAll(List.of(next));
        return this;
    }

    synchronized Set<Fault> fired() {
        return fired.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(fired.keySet());
    }

    synchronized int requests() {
        return requests;
    }

    /** How often each clip was given a caption, by its time and colour. */
    synchronized Map<String, Integer> captions() {
        return new TreeMap<>(captions);
    }

    /** What was wrong with requests. */
    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes());
            String model = request.path("model").asText();
            Fault fault = next(exchange, request, model);
            if (fault == null || fault == Fault.BAD_PAIRS) {
                send(exchange, 200, answer(request, model, fault != null));
            } else {
                fail(exchange, fault);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized @Nullable Fault next(HttpExchange exchange, JsonNode request, String model) {
        requests++;
        expect(("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization")), "authorization");
        expect(exchange.getRequestMethod().equals("POST"), "method");
        expect(model.equals(CAPTIONER) || model.equals(WRITER), "model " + model);
        expect(request.path("max_tokens").asInt() > 0, "max_tokens");
        Deque<Fault> next = faults.getOrDefault(model, new ArrayDeque<>());
        Fault fault = next.poll();
        if (fault != null) {
            fired.merge(fault, 1, Integer::sum);
        }
        return fault;
    }

    private void fail(HttpExchange exchange, Fault fault) throws IOException, InterruptedException {
        switch (fault) {
            case TOO_MANY_REQUESTS -> {
                exchange.getResponseHeaders().add("Retry-After", "7");
                send(exchange, 429, "{\"error\": {\"message\": \"slow down\"}}");
            }
            case SERVER_ERROR -> send(exchange, 500, "<html>oops</html>");
            case CUT_OFF -> {
                exchange.sendResponseHeaders(200, 1_000);
                exchange.getResponseBody().write("{\"choices\": [".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
            case NO_JSON -> send(exchange, 200, "{\"choices\": [{\"message\": {\"content\": \"half of");
            case HANG -> closing.await();
            case WRONG_KEY -> send(exchange, 401, "{\"error\": {\"message\": \"no such key:\\n" + KEY + "\"}}");
            case BAD_PAIRS -> throw new IllegalStateException("is an answer");
        }
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private String answer(JsonNode request, String model, boolean bad) throws IOException {
        JsonNode messages = request.path("messages");
        String text = model.equals(CAPTIONER)
                ? caption(messages.path(0).path("content"))
                : bad ? "{\"summary\": \"It is\", \"questions\": [{\"kind\": \"Sound\"}]}" : pairs(messages);
        return JSON.createObjectNode()
                .set(
                        "choices",
                        JSON.createArrayNode()
                                .add(JSON.createObjectNode()
                                        .set(
                                                "message",
                                                JSON.createObjectNode()
                                                        .put("role", "assistant")
                                                        .put("content", text))))
                .toString();
    }

    private String caption(JsonNode content) throws IOException {
        int count = 0;
        long red = 0;
        for (JsonNode part : content) {
            if (part.path("type").asText().equals("image_url")) {
                String url = part.path("image_url").path("url").asText();
                expect(url.startsWith(DATA), "url of a picture");
                byte[] jpeg = Base64.getDecoder().decode(url.substring(DATA.length()));
                BufferedImage image = ImageIO.read(new ByteArrayInputStream(jpeg));
                expect(image != null && image.getWidth() == 64 && image.getHeight() == 48, "picture");
                red += image == null ? 0 : (image.getRGB(2, 2) >> 16 & 0xff);
                count++;
            }
        }
        expect(count == 4, "pictures: " + count);
        Matcher from = FROM.matcher(content.path(count).path("text").asText());
        expect(from.find(), "times of the clip");
        String shown = "From %s to %s the red is %d.".formatted(from.group(1), from.group(2), red);
        synchronized (this) {
            captions.merge(shown, 1, Integer::sum);
        }
        return shown + " " + shown;
    }

    /** Asks about every caption line of the prompt. */
    private String pairs(JsonNode messages) {
        expect(
                messages.size() == 1
                        || messages.path(2).path("content").asText().contains("its kind must be"),
                "complaint");
        List<String> lines = messages.path(0)
                .path("content")
                .asText()
                .lines()
                .filter(line -> line.startsWith("["))
                .toList();
        String questions = lines.stream()
                .map(line -> "{\"kind\": \"Temporal\", \"question\": \"What is at %s?\", \"answer\": \"%s\"}"
                        .formatted(line.substring(0, 15), line.substring(16)))
                .collect(Collectors.joining(", "));
        return "```json\n{\"summary\": \"%d clips.\", \"questions\": [%s]}\n```".formatted(lines.size(), questions);
    }

    private synchronized void expect(boolean holds, String what) {
        if (!holds) {
            wrong.add(what);
        }
    }
}
