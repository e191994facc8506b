package io.longreel.runtime.cli;

import io.longreel.config.Words;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.eval.task.EndpointService;
import io.longreel.curriculum.sft.OpenAiChat;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.Pause;
import io.longreel.curriculum.sft.RequestPace;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of models behind endpoints: the one that answers, if it is no model of this machine, and the one that judges. */
final class EvalEndpoints {
    private static final String KEY_VARIABLE = "LONGREEL_API_KEY";
    private static final long FIRST_PAUSE_MS = 1_000;
    private static final long PAUSE_MS_MAX = 60_000;
    private static final double SECONDS_MAX = 86_400;
    private static final int SIDE_MIN = 16;
    private static final int SIDE_MAX = 4096;

    @Spec(Spec.Target.MIXEE)
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "Instead of --model: an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1.")
    private @Nullable String endpoint;

    @Option(names = "--endpoint-model", paramLabel = "NAME", description = "Name of the model there.")
    private @Nullable String endpointModel;

    @Option(
            names = "--endpoint-key-env",
            paramLabel = "VARIABLE",
            description = "Environment variable that holds its key, if it wants one (default: ${DEFAULT-VALUE}).")
    private String endpointKey = KEY_VARIABLE;

    @Option(
            names = "--endpoint-media",
            paramLabel = "HOW",
            description =
                    "video-url: as file: URLs, for an endpoint that sees the same files; frames: as pictures (default: video-url).")
    private String endpointMedia = Words.of(EndpointService.Media.VIDEO_URL);

    @Option(
            names = "--side",
            paramLabel = "N",
            description = "Pixels of a picture's longer side (default: ${DEFAULT-VALUE}).")
    private int side = 448;

    @Option(names = "--judge", paramLabel = "URL", description = "Endpoint of the model that judges answers.")
    private @Nullable String judge;

    @Option(names = "--judge-model", paramLabel = "NAME", description = "Its name there.")
    private @Nullable String judgeModel;

    @Option(
            names = "--judge-key-env",
            paramLabel = "VARIABLE",
            description = "Environment variable that holds its key, if it wants one (default: ${DEFAULT-VALUE}).")
    private String judgeKey = KEY_VARIABLE;

    @Option(
            names = "--attempts",
            paramLabel = "N",
            description = "Times that a request to an endpoint goes out (default: ${DEFAULT-VALUE}).")
    private int attempts = 6;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Time for the whole answer of an endpoint (default: ${DEFAULT-VALUE}).")
    private double timeoutSeconds = 600;

    /** Those that were named, to be closed in the end. */
    record Opened(Optional<ChatService> answering, Optional<PatientChat> judging, Runnable closing)
            implements AutoCloseable {
        @Override
        public void close() {
            closing.run();
        }
    }

    /** Whether an endpoint answers. */
    boolean isAnswering() {
        return endpoint != null;
    }

    /** What the answering model is known by. */
    Optional<EvalModels.Known> answering() {
        return Optional.ofNullable(endpoint)
                .map(url -> EvalModels.remote(
                        url, needed("--endpoint-model", endpointModel), "%s of %d".formatted(endpointMedia, side)));
    }

    /** The same of the judge. */
    Optional<EvalModels.Known> judging() {
        return Optional.ofNullable(judge).map(url -> EvalModels.remote(url, needed("--judge-model", judgeModel), ""));
    }

    Opened open(InstantSource clock) {
        EndpointService.Media media = Words.of(EndpointService.Media.class).get(endpointMedia);
        if (media == null) {
            throw misused("--endpoint-media must be one of %s: --endpoint-media=%s"
                    .formatted(
                            String.join(
                                    ", ", Words.of(EndpointService.Media.class).keySet()),
                            endpointMedia));
        }
        if (side < SIDE_MIN || side > SIDE_MAX) {
            throw misused("--side must be from %d to %d: --side=%d".formatted(SIDE_MIN, SIDE_MAX, side));
        }
        Optional<OpenAiChat> judging = Optional.ofNullable(judge)
                .map(url ->
                        chat(OpenAiChat.base("--judge", url), needed("--judge-model", judgeModel), judgeKey, clock));
        Optional<OpenAiChat> answering = Optional.ofNullable(endpoint)
                .map(url -> chat(
                        OpenAiChat.base("--endpoint", url),
                        needed("--endpoint-model", endpointModel),
                        endpointKey,
                        clock));
        return new Opened(
                answering.map(chat -> new EndpointService(patient(chat, clock), media, side)),
                judging.map(chat -> patient(chat, clock)),
                () -> {
                    answering.ifPresent(OpenAiChat::close);
                    judging.ifPresent(OpenAiChat::close);
                });
    }

    private PatientChat patient(OpenAiChat chat, InstantSource clock) {
        if (attempts < 1) {
            throw misused("--attempts must be at least 1: --attempts=" + attempts);
        }
        Pause pause = Pause.system();
        return new PatientChat(
                chat,
                new PatientChat.Patience(attempts, FIRST_PAUSE_MS, PAUSE_MS_MAX),
                new RequestPace(clock, pause, 0),
                pause,
                // Only spreads requests that failed together; nothing in the result depends on it.
                new SplittableRandom(clock.millis()));
    }

    private OpenAiChat chat(URI url, String name, String keyVariable, InstantSource clock) {
        if (!(timeoutSeconds >= 0.001 && timeoutSeconds <= SECONDS_MAX)) {
            throw misused("--timeout must be seconds, at most a day's: --timeout=" + timeoutSeconds);
        }
        Optional<String> key = Optional.ofNullable(System.getenv(keyVariable)).filter(text -> !text.isBlank());
        if (key.isEmpty() && !keyVariable.equals(KEY_VARIABLE)) {
            throw misused("the environment variable for a key is not set: " + keyVariable);
        }
        return OpenAiChat.of(url, name, key, Duration.ofMillis(Math.round(1000 * timeoutSeconds)), clock);
    }

    private String needed(String option, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw misused(option + " is missing");
        }
        return value;
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
