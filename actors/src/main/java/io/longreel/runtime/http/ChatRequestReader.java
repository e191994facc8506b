package io.longreel.runtime.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import io.longreel.runtime.http.ChatRequest.Piece;
import io.longreel.runtime.http.ChatRequest.Said;
import io.longreel.runtime.http.ChatRequest.Shown;
import io.longreel.runtime.http.ChatRequest.Turn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The body of a request for a chat completion (OpenAI's reference, "Create chat completion") to {@link ChatRequest}. Throws {@link Refusal} for what
 * it does not understand, and for what it understands and cannot do. Any thread.
 */
final class ChatRequestReader {
    private static final int DEPTH_MAX = 64;
    private static final int MESSAGES_MAX = 4096;
    private static final int PARTS_MAX = 4096;
    private static final int STOPS_MAX = 16;
    private static final int STOP_CHARS_MAX = 256;
    private static final double TEMPERATURE_MAX = 100;
    private static final double PENALTY_MAX = 100;

    private final ServeSettings settings;
    private final LongSupplier seeds;
    private final ObjectMapper json;

    /**
     * @param seeds one for each request that does not name its own
     */
    ChatRequestReader(ServeSettings settings, LongSupplier seeds) {
        this.settings = settings;
        this.seeds = seeds;
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(DEPTH_MAX)
                .maxStringLength((int) settings.bodyBytesMax())
                .build();
        this.json = new ObjectMapper(JsonFactory.builder()
                        .streamReadConstraints(limits)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    ChatRequest read(byte[] body) {
        JsonNode root = parsed(body);
        if (!root.isObject()) {
            throw Refusal.of(400, null, null, "the body must be a JSON object, not " + Fields.kind(root));
        }
        Fields fields = new Fields(root, "");
        Undone.refuseIn(fields);
        boolean isStreamed = fields.flag("stream");
        Optional<Fields> streamOptions = fields.inner("stream_options");
        if (streamOptions.isPresent() && !isStreamed) {
            throw Refusal.invalid("stream_options", "stream_options are for stream = true only");
        }
        return new ChatRequest(
                fields.text("model"),
                turns(fields),
                framesMax(fields),
                sampling(fields),
                newTokensMax(fields),
                stops(fields),
                isStreamed,
                streamOptions.map(options -> options.flag("include_usage")).orElse(false));
    }

    private JsonNode parsed(byte[] body) {
        try {
            return json.readTree(body);
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line %d, column %d"
                            .formatted(
                                    e.getLocation().getLineNr(), e.getLocation().getColumnNr());
            throw Refusal.of(
                    400, null, null, "the body is not valid JSON%s: %s".formatted(place, line(e.getOriginalMessage())));
        } catch (IOException e) {
            throw Refusal.of(400, null, null, "the body is not valid JSON: " + line(String.valueOf(e.getMessage())));
        }
    }

    private static String line(String message) {
        String shown = Refusal.shown(message.lines().findFirst().orElse(""));
        return shown.substring(1, shown.length() - 1);
    }

    private List<Turn> turns(Fields fields) {
        List<JsonNode> messages = fields.elements("messages", MESSAGES_MAX);
        List<Turn> turns = new ArrayList<>();
        int media = 0;
        for (int i = 0; i < messages.size(); i++) {
            Turn turn = turn(Fields.of(messages.get(i), "messages[%d]".formatted(i)));
            turns.add(turn);
            media += (int) turn.pieces().stream()
                    .filter(piece -> piece instanceof Shown)
                    .count();
        }
        if (turns.getLast().role() == Role.ASSISTANT) {
            throw Refusal.invalid(
                    "messages", "the last message must not be the assistant's, as it is the one to answer");
        }
        int mediaMax = settings.media().countMax();
        if (media > mediaMax) {
            throw Refusal.invalid(
                    "messages",
                    "a request must have at most %d images and videos, not %d (longreel.serve.media.count-max)"
                            .formatted(mediaMax, media));
        }
        return turns;
    }

    private static Turn turn(Fields message) {
        String role = message.text("role")
                .orElseThrow(() -> Refusal.invalid(message.name("role"), message.name("role") + " is missing"));
        Role who = switch (role) {
            case "system", "developer" -> Role.SYSTEM;
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            default ->
                throw Refusal.invalid(
                        message.name("role"),
                        "%s must be system, developer, user or assistant, not %s"
                                .formatted(message.name("role"), Refusal.shown(role)));
        };
        Undone.refuseInMessage(message);
        JsonNode content = message.value("content")
                .orElseThrow(() -> Refusal.invalid(
                        message.name("content"),
                        message.name("content") + " is missing; it must be a string or a list"));
        if (content.isTextual()) {
            return new Turn(who, List.of(new Said(content.textValue())));
        }
        List<JsonNode> parts = message.elements("content", PARTS_MAX);
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Piece piece = piece(Fields.of(parts.get(i), "%s[%d]".formatted(message.name("content"), i)));
            if (piece instanceof Shown && who != Role.USER) {
                throw Refusal.invalid(
                        message.name("content"),
                        "only messages of the user may have images and videos, not %s"
                                .formatted(message.name("content")));
            }
            pieces.add(piece);
        }
        return new Turn(who, pieces);
    }

    private static Piece piece(Fields part) {
        String type = part.text("type")
                .orElseThrow(() -> Refusal.invalid(part.name("type"), part.name("type") + " is missing"));
        return switch (type) {
            case "text" ->
                new Said(part.text("text")
                        .orElseThrow(() -> Refusal.invalid(part.name("text"), part.name("text") + " is missing")));
            case "image_url" -> shown(part, type, Medium.Kind.IMAGE);
            case "video_url" -> shown(part, type, Medium.Kind.VIDEO);
            default ->
                throw Refusal.invalid(
                        part.name("type"),
                        "%s must be text, image_url or video_url, not %s"
                                .formatted(part.name("type"), Refusal.shown(type)));
        };
    }

    /** The URL stands in an object; some clients send it alone. */
    private static Shown shown(Fields part, String key, Medium.Kind kind) {
        Optional<JsonNode> value = part.value(key);
        Optional<String> url = value.filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .or(() -> part.inner(key).flatMap(inner -> inner.text("url")));
        return new Shown(
                kind,
                url.orElseThrow(() -> Refusal.invalid(part.name(key) + ".url", part.name(key) + ".url is missing")),
                part.name(key));
    }

    private static int framesMax(Fields fields) {
        Optional<Long> plain = fields.wholeNumber("frames_max", 1, Integer.MAX_VALUE);
        Optional<Long> own =
                fields.inner("longreel").flatMap(inner -> inner.wholeNumber("frames_max", 1, Integer.MAX_VALUE));
        if (plain.isPresent() && own.isPresent() && !plain.equals(own)) {
            throw Refusal.invalid("frames_max", "frames_max and longreel.frames_max must not differ");
        }
        return own.or(() -> plain).orElse(0L).intValue();
    }

    private Sampling sampling(Fields fields) {
        double topP = fields.number("top_p", 0, 1, 1);
        double penalty = fields.number("repetition_penalty", 0, PENALTY_MAX, 1);
        if (topP == 0) {
            throw Refusal.invalid("top_p", "top_p must be more than 0; for the most likely token say temperature = 0");
        }
        if (penalty == 0) {
            throw Refusal.invalid("repetition_penalty", "repetition_penalty must be more than 0; 1 = none");
        }
        return new Sampling(
                fields.number("temperature", 0, TEMPERATURE_MAX, 1),
                Math.max(
                        0,
                        fields.wholeNumber("top_k", -1, Integer.MAX_VALUE)
                                .orElse(0L)
                                .intValue()),
                topP,
                penalty,
                fields.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE).orElseGet(seeds::getAsLong));
    }

    private int newTokensMax(Fields fields) {
        String key = fields.value("max_completion_tokens").isPresent() ? "max_completion_tokens" : "max_tokens";
        long asked = fields.wholeNumber(key, 1, Integer.MAX_VALUE).orElse((long) settings.newTokensDefault());
        if (asked > settings.newTokensMax()) {
            throw Refusal.invalid(
                    key,
                    "%s must be at most %d, not %d (longreel.serve.new-tokens-max)"
                            .formatted(key, settings.newTokensMax(), asked));
        }
        return (int) asked;
    }

    private static List<String> stops(Fields fields) {
        Optional<JsonNode> value = fields.value("stop");
        if (value.isEmpty() || (value.get().isArray() && value.get().isEmpty())) {
            return List.of();
        }
        List<JsonNode> stops = value.get().isTextual() ? List.of(value.get()) : fields.elements("stop", STOPS_MAX);
        return stops.stream()
                .map(stop -> Fields.text(stop, "stop"))
                .peek(stop -> {
                    if (stop.isEmpty() || stop.length() > STOP_CHARS_MAX) {
                        throw Refusal.invalid(
                                "stop",
                                "a stop text must have 1 to %d characters, not %d"
                                        .formatted(STOP_CHARS_MAX, stop.length()));
                    }
                })
                .toList();
    }
}
