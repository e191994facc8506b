package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.launch.BoardAddress;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code control RUN ORDER}: asks a run that lives for something, over the server that it has. */
@Command(
        name = "control",
        description =
                "Gives a run that lives an order: writes a checkpoint, pauses, resumes, drains a node, kills a rank's process.",
        footer = {
            "",
            "Exit code 0: done, or so already; 1: the run refuses, and says why; 2: there is no such run or order."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ControlCommand implements Callable<Integer> {
    /** Longer than the server waits for the run. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int REFUSED = 1;

    /** What can be asked for. */
    enum Order {
        CHECKPOINT,
        PAUSE,
        RESUME,
        DRAIN,
        KILL;

        boolean hasTarget() {
            return this == DRAIN || this == KILL;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @Parameters(index = "1", paramLabel = "ORDER", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Order order = Order.CHECKPOINT;

    @Parameters(
            index = "2",
            arity = "0..1",
            defaultValue = "",
            paramLabel = "NODE|RANK",
            description = "Id of the node to drain, or number of the rank whose process to kill.")
    private String target = "";

    @Override
    public Integer call() {
        if (order.hasTarget() == target.isEmpty()) {
            throw RuntimeFailure.config(
                    order.hasTarget()
                            ? "%s needs a %s: bin/longreel control RUN %s %s"
                                    .formatted(order, word(), order, word().toUpperCase(Locale.ROOT))
                            : "%s takes nothing behind it, not %s".formatted(order, target));
        }
        BoardAddress address = BoardAddress.ofRun(run);
        HttpResponse<String> answer = send(address);
        boolean isAnswer = answer.statusCode() == 200 || answer.statusCode() == 409;
        String text = isAnswer ? textOf(answer.body()) : answer.body().strip();
        if (answer.statusCode() == 200) {
            spec.commandLine().getOut().println(text);
            return Main.OK;
        }
        spec.commandLine().getErr().println((isAnswer ? "refused: " : "") + text);
        return answer.statusCode() == 404 ? Main.MISUSED : REFUSED;
    }

    private String word() {
        return order == Order.DRAIN ? "node" : "rank";
    }

    private HttpResponse<String> send(BoardAddress address) {
        HttpRequest request = HttpRequest.newBuilder(uri(address.url()))
                .timeout(PATIENCE)
                .header("X-Longreel-Token", address.token().orElse(""))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw RuntimeFailure.config("the run in %s does not answer at %s: it is not alive (%s)"
                    .formatted(run, address.url(), e.getClass().getSimpleName()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeFailure(RuntimeFailure.Category.FATAL, "interrupted", e);
        }
    }

    private URI uri(URI base) {
        String path = "/control/" + order + (target.isEmpty() ? "" : "/" + target);
        try { // escapes what a node id may have
            return new URI(base.getScheme(), base.getAuthority(), path, null, null);
        } catch (URISyntaxException e) {
            throw RuntimeFailure.config("%s is no name of a %s".formatted(target, word()));
        }
    }

    private static String textOf(String json) {
        try {
            JsonNode object = new ObjectMapper().readTree(json);
            return object.path("text").asText();
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL, "the run's server answered with what is no JSON", e);
        }
    }
}
