package io.longreel.runtime.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import io.longreel.config.DashboardSettings;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.ControlAnswer.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Orders to a run: {@code POST /control/checkpoint}, {@code /pause}, {@code /resume}, {@code /drain/NODE}, {@code /kill/RANK}, each with the run's token in
 * a header. Browsers let no page from elsewhere set that header, and the token stands in nothing that the server gives out: it is printed at the start of
 * the run and kept in the run directory. The answer says what became of the order. Any thread.
 */
public final class ControlEndpoint {
    static final String FOLDER = "/control/";
    static final String TOKEN_HEADER = "X-Longreel-Token";
    static final String KNOWN =
            "there are /control/checkpoint, /control/pause, /control/resume, /control/drain/NODE and /control/kill/RANK";

    /** The supervisor decides at once, but answers behind its journal, which may wait for a disk. */
    private static final long PATIENCE_MS = 15_000;

    /** Who carries orders out. */
    public interface Controlled {
        /**
         * Must not block.
         *
         * @param answer told once what became of it, from any thread
         */
        void ask(Control control, Consumer<ControlAnswer> answer);
    }

    /**
     * What a page needs to know.
     *
     * @param why orders are not taken; empty when they are
     */
    record View(boolean isOn, String why, boolean chaos) {}

    private final View view;
    private final String token;
    private volatile @Nullable Controlled run;

    ControlEndpoint(DashboardSettings settings, boolean isLoopback, String token) {
        this.token = token;
        String why = switch (settings.controls()) {
            case ON -> "";
            case OFF -> "longreel.dashboard.controls is off";
            case LOOPBACK ->
                isLoopback
                        ? ""
                        : "the server is bound beyond the loopback device, and longreel.dashboard.controls is not on";
        };
        this.view = new View(why.isEmpty(), why, settings.chaos());
    }

    View view() {
        return view;
    }

    Optional<String> token() {
        return view.isOn() ? Optional.of(token) : Optional.empty();
    }

    void connect(Controlled controlled) {
        run = controlled;
    }

    static boolean isMeant(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        return path != null && path.startsWith(FOLDER);
    }

    void answer(HttpExchange exchange, Response response) throws IOException {
        String path = exchange.getRequestURI().getPath().substring(FOLDER.length());
        if (!view.isOn()) {
            response.text(403, "this run takes no orders: " + view.why());
        } else if (!hasToken(exchange)) {
            response.text(
                    403,
                    "orders need the run's token in %s: it is printed at the start, and stands in dashboard.json of the run directory"
                            .formatted(TOKEN_HEADER));
        } else {
            Optional<Control> control = controlOf(path);
            if (control.isEmpty()) {
                response.text(404, KNOWN);
            } else {
                ask(control.get(), response);
            }
        }
    }

    private boolean hasToken(HttpExchange exchange) {
        String shown = exchange.getRequestHeaders().getFirst(TOKEN_HEADER);
        return shown != null
                && MessageDigest.isEqual(
                        shown.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<Control> controlOf(String path) {
        int slash = path.indexOf('/');
        String name = slash < 0 ? path : path.substring(0, slash);
        String of = slash < 0 ? "" : path.substring(slash + 1);
        return switch (name) {
            case "checkpoint" -> of.isEmpty() ? Optional.of(new Control.Checkpoint()) : Optional.empty();
            case "pause" -> of.isEmpty() ? Optional.of(new Control.Pause()) : Optional.empty();
            case "resume" -> of.isEmpty() ? Optional.of(new Control.Resume()) : Optional.empty();
            case "drain" -> of.isBlank() ? Optional.empty() : Optional.of(new Control.Drain(of));
            case "kill" ->
                of.matches("[0-9]{1,6}") ? Optional.of(new Control.Kill(Integer.parseInt(of))) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private void ask(Control control, Response response) throws IOException {
        Controlled controlled = run;
        if (controlled == null) {
            response.text(503, "the run is only starting");
            return;
        }
        CompletableFuture<ControlAnswer> coming = new CompletableFuture<>();
        controlled.ask(control, coming::complete);
        try {
            ControlAnswer answer = coming.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            response.json(
                    answer.outcome() == Outcome.REFUSED ? 409 : 200,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("outcome", answer.outcome().name().toLowerCase(Locale.ROOT))
                            .put("text", answer.text())
                            .toString());
        } catch (TimeoutException e) {
            response.text(
                    503,
                    "no answer for %d s: the order may still be carried out; the log of the run tells"
                            .formatted(PATIENCE_MS / 1000));
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer is only ever given", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the server closes
        }
    }
}
