package io.longreel.curriculum.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model behind an endpoint that speaks OpenAI's chat completions, as vLLM, SGLang, llama.cpp, Ollama and most services do. Pictures travel
 * as data URIs, videos as the URLs that they have. The key is sent in the header and nowhere else: it is cut out of whatever a server says before anybody reads that.
 */
public final class OpenAiChat implements ChatModel, AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/chat/completions";
    private static final long ANSWER_BYTES_MAX = 8L << 20;
    private static final int MESSAGE_CHARS_MAX = 200;

    private final URI url;
    private final String model;
    private final @Nullable String key;
    private final Duration timeout;
    private final InstantSource clock;
    private final HttpClient client;

    private OpenAiChat(URI url, String model, @Nullable String key, Duration timeout, InstantSource clock) {
        this.url = url;
        this.model = model;
        this.key = key;
        this.timeout = timeout;
        this.clock = clock;
        // HTTP/2 over plain text begins with an upgrade that some of these servers answer with an error.
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /**
     * @param base as {@link #base} gives it
     * @param key sent as a bearer token; empty = none
     * @param timeout for a whole request, until the last byte of the answer
     * @param clock for servers that name the time at which they want to be asked again
     */
    public static OpenAiChat of(URI base, String model, Optional<String> key, Duration timeout, InstantSource clock) {
        if (model.isBlank()) {
            throw RuntimeFailure.config("the endpoint must be told which of its models is meant: url=" + base);
        }
        if (key.isPresent() && !key.get().matches("[!-~]+")) { // the client's own message would show it
            throw RuntimeFailure.config("the API key must be of printable ASCII characters without spaces");
        }
        String path = base.toString().replaceAll("/+$", "");
        URI url = URI.create(path.endsWith(PATH) ? path : path + PATH);
        return new OpenAiChat(url, model, key.orElse(null), timeout, clock);
    }

    /**
     * Checks the URL of an endpoint.
     *
     * @param option what the user knows it by, for the line that says what is wrong
     */
    public static URI base(String option, String text) {
        try {
            URI uri = URI.create(text);
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            if (uri.getUserInfo() != null) {
                throw RuntimeFailure.config(
                        "%s must not hold a user or password; give a key in an environment variable".formatted(option));
            }
            if ((scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null && uri.getQuery() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // The line below says it.
        }
        throw RuntimeFailure.config(
                "%s needs the URL of an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1: %s=%s"
                        .formatted(option, option, text));
    }

    @Override
    public String name() {
        return model;
    }

    @Override
    public CompletionStage<ChatReply> ask(ChatRequest request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(BodyPublishers.ofByteArray(body(request)));
        if (key != null) {
            builder.header("Authorization", "Bearer " + key);
        }
        CompletableFuture<HttpResponse<byte[]>> sent =
                client.sendAsync(builder.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX));
        // The client's own limit is for the header of the answer.
        return sent.copy().orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).handle((response, failure) -> {
            if (failure != null) {
                sent.cancel(true);
                return noAnswer(failure);
            }
            return reply(response);
        });
    }

    @Override
    public void close() {
        client.shutdownNow();
        client.close();
    }

    private byte[] body(ChatRequest request) {
        ObjectNode root = JSON.createObjectNode().put("model", model);
        ArrayNode messages = root.putArray("messages");
        for (ChatRequest.Turn turn : request.turns()) {
            ObjectNode message =
                    messages.addObject().put("role", turn.role().name().toLowerCase(Locale.ROOT));
            if (turn.pictures().isEmpty() && turn.videos().isEmpty()) {
                message.put("content", turn.text());
                continue;
            }
            ArrayNode content = message.putArray("content");
            for (ChatRequest.Picture picture : turn.pictures()) {
                String data = Base64.getEncoder().encodeToString(picture.jpeg());
                content.addObject()
                        .put("type", "image_url")
                        .putObject("image_url")
                        .put("url", "data:image/jpeg;base64," + data);
            }
            for (ChatRequest.Video video : turn.videos()) {
                content.addObject()
                        .put("type", "video_url")
                        .putObject("video_url")
                        .put("url", video.url());
                if (video.framesMax() > 0) { // as vLLM calls it, and as this program's own server does
                    root.withObject("media_io_kwargs").withObject("video").put("num_frames", video.framesMax());
                    root.put("frames_max", video.framesMax());
                }
            }
            content.addObject().put("type", "text").put("text", turn.text());
        }
        root.put("max_tokens", request.tokensMax())
                .put("temperature", request.temperature())
                .put("stream", false);
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("words and pictures have a form in JSON", e);
        }
    }

    private ChatReply noAnswer(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return switch (cause) {
            case TimeoutException e -> late();
            case java.net.http.HttpTimeoutException e -> late();
            case IOException e -> new ChatReply.Busy(said("cannot be reached or stopped answering (%s)".formatted(e)));
            default -> throw new CompletionException(cause);
        };
    }

    private ChatReply late() {
        return new ChatReply.Busy(said("gave no answer within %d ms".formatted(timeout.toMillis())));
    }

    private ChatReply reply(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        JsonNode root = parsed(response.body());
        if (isFiltered(root)) {
            return new ChatReply.Withheld(said("answered %d: its filter for content refuses this".formatted(status)));
        }
        if (status / 100 == 2) {
            String text = text(root.path("choices").path(0).path("message").path("content"));
            return text.isBlank()
                    ? new ChatReply.Busy(said("answered %d without any text".formatted(status)))
                    : new ChatReply.Text(text);
        }
        JsonNode error = root.path("error");
        String message = error.isTextual()
                ? error.asText()
                : error.path("message").asText(root.path("detail").asText());
        String line = said(("answered " + status + (message.isBlank() ? "" : ": " + message)));
        boolean mayPass = status == 408 || status == 429 || status >= 500;
        if (mayPass && !error.path("code").asText().equals("insufficient_quota")) {
            return new ChatReply.Busy(
                    line, response.headers().firstValue("Retry-After").flatMap(this::retryAfterMs));
        }
        return new ChatReply.Refused(line + advice(status));
    }

    /** As an error, or as an answer that was cut off. */
    private static boolean isFiltered(JsonNode root) {
        String filter = "content_filter";
        return root.path("error").path("code").asText().equals(filter)
                || root.path("choices").path(0).path("finish_reason").asText().equals(filter);
    }

    private static String advice(int status) {
        return switch (status) {
            case 401, 403 -> "; check the API key";
            case 404 -> "; check the URL, which usually ends with /v1, and the model's name";
            case 413 -> "; send fewer or smaller frames";
            default -> "";
        };
    }

    /** Seconds, or a date as HTTP writes them; whatever else it is does not count. */
    private Optional<Long> retryAfterMs(String value) {
        try {
            return Optional.of(Math.max(0, Math.round(1000 * Double.parseDouble(value.strip()))));
        } catch (NumberFormatException notSeconds) {
            try {
                long atMs = ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant()
                        .toEpochMilli();
                return Optional.of(Math.max(0, atMs - clock.millis()));
            } catch (DateTimeException neither) {
                return Optional.empty();
            }
        }
    }

    private static JsonNode parsed(byte[] body) {
        try {
            JsonNode root = JSON.readTree(body);
            return root == null ? JSON.missingNode() : root;
        } catch (IOException e) {
            return JSON.missingNode();
        }
    }

    /** Most servers answer with a string, some with parts as in a request. */
    private static String text(JsonNode content) {
        if (content.isArray()) {
            return content.valueStream().map(part -> part.path("text").asText()).collect(Collectors.joining());
        }
        return content.isTextual() ? content.asText() : "";
    }

    /** A line about the endpoint, with nothing in it that is secret or breaks it. */
    private String said(String what) {
        String line = what.replaceAll("\\s+", " ");
        if (key != null) {
            line = line.replace(key, "***");
        }
        return "model %s at %s %s"
                .formatted(
                        model,
                        url,
                        line.length() > MESSAGE_CHARS_MAX ? line.substring(0, MESSAGE_CHARS_MAX) + "..." : line);
    }
}
