package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.PromptTooLong;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request that is not answered, as its client is told: a status, and the members of OpenAI's error object. Without a stack, as it is no bug. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final String INVALID = "invalid_request_error";
    private static final String SERVER = "server_error";
    private static final int SHOWN_MAX = 200;
    private static final Pattern NOT_SHOWN = Pattern.compile("[\\p{Cntrl}\\p{Cs}]");

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;
    private final boolean isWorthRetrying;

    private Refusal(
            int status,
            String type,
            @Nullable String param,
            @Nullable String code,
            String message,
            boolean isWorthRetrying) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.isWorthRetrying = isWorthRetrying;
    }

    /** The request itself is wrong: 400. */
    static Refusal invalid(String param, String message) {
        return of(400, param, null, message);
    }

    /** The request is wrong in a way that has a status of its own. */
    static Refusal of(int status, @Nullable String param, @Nullable String code, String message) {
        return new Refusal(status, INVALID, param, code, message, false);
    }

    /** The configuration does not let anybody do this: 403. */
    static Refusal forbidden(String param, String message) {
        return new Refusal(403, "permission_error", param, "not_allowed", message, false);
    }

    static Refusal wrongKey(String message) {
        return of(401, null, "invalid_api_key", message);
    }

    /** Works later: 429. */
    static Refusal busy(String message) {
        return new Refusal(429, "rate_limit_error", null, "server_busy", message, true);
    }

    static Refusal stopping() {
        return new Refusal(503, SERVER, null, "server_stopping", "the server is being stopped; ask again later", true);
    }

    static Refusal slowUpload(Duration limit) {
        return of(
                408,
                null,
                "request_timeout",
                "the body of the request did not arrive within %d ms (longreel.serve.request-timeout)"
                        .formatted(limit.toMillis()));
    }

    static Refusal late(Duration limit) {
        return new Refusal(
                504,
                SERVER,
                null,
                "timeout",
                "the answer was not over within %d ms (longreel.serve.request-timeout); ask for fewer tokens or frames"
                        .formatted(limit.toMillis()),
                false);
    }

    /** A bug: the log has what the client is not told. */
    static Refusal internal(String requestId) {
        return new Refusal(
                500,
                SERVER,
                null,
                null,
                "the server made a mistake; its log says more under the id " + requestId,
                false);
    }

    /**
     * What the service says about a question.
     *
     * @param names of media files in the request, by their paths, for the files that have names of the server's
     */
    static Refusal of(RuntimeFailure failure, Map<String, String> names) {
        String message = failure.getMessage();
        for (Map.Entry<String, String> name : names.entrySet()) {
            message = message.replace(name.getKey(), name.getValue());
        }
        return switch (failure.category()) {
            case DATA ->
                of(400, "messages", failure instanceof PromptTooLong ? "context_length_exceeded" : null, message);
            case CONFIG, RETRYABLE, FATAL -> new Refusal(500, SERVER, null, null, message, false);
        };
    }

    /** What a client sent, for a message: one line, not too long. */
    static String shown(String text) {
        String start = text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "..." : text;
        return "\"" + NOT_SHOWN.matcher(start).replaceAll("?") + "\"";
    }

    /** Always there. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    @Nullable
    String param() {
        return param;
    }

    @Nullable
    String code() {
        return code;
    }

    /** Whether the same request may succeed a second later. */
    boolean isWorthRetrying() {
        return isWorthRetrying;
    }
}
