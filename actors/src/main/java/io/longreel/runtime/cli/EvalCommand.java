package io.longreel.runtime.cli;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTasks;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.Words;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.eval.task.EndpointService;
import io.longreel.curriculum.eval.task.Evaluation;
import io.longreel.curriculum.eval.task.EvaluationReport;
import io.longreel.curriculum.eval.task.EvaluationSettings;
import io.longreel.curriculum.sft.OpenAiChat;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.Pause;
import io.longreel.curriculum.sft.RequestPace;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.launch.StopSignals;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code eval TASK}: a model's answers to the questions of a data set, scored. Evaluations that are no file of records are subcommands: picocli looks
 * for one of the name first, and what is none is a task.
 */
@Command(
        name = "eval",
        description =
                "Evaluates a model on a data set, and sets the scores beside the paper's. Without TASK: lists them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class EvalCommand implements Callable<Integer> {
    private static final String KEY_VARIABLE = "LONGREEL_API_KEY";
    private static final long FIRST_PAUSE_MS = 1_000;
    private static final long PAUSE_MS_MAX = 60_000;
    private static final double SECONDS_MAX = 86_400;

    private final ChatServices services;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "TASK",
            arity = "0..1",
            description = "Name of an evaluation, or a file that describes one.")
    private @Nullable String taskName;

    @Option(names = "--model", paramLabel = "DIR", description = "Model in VILA's layout that answers.")
    private @Nullable Path model;

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

    @Option(names = "--data", paramLabel = "DIR", description = "Folder of the data set: records and videos.")
    private @Nullable Path data;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where results go; run again, it goes on there (default: evaluations/TASK-MODEL).")
    private @Nullable Path out;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Only the first N records; 0: all (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--frames", paramLabel = "N", description = "Most frames of a video (default: the task's).")
    private @Nullable Integer frames;

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
            names = "--parallel",
            paramLabel = "N",
            description = "Questions that are out at a time (default: ${DEFAULT-VALUE}).")
    private int parallel = 4;

    @Option(
            names = "--damaged",
            paramLabel = "WHAT",
            description =
                    "Of records that cannot be asked: stop ends the evaluation, skip counts them as wrong (default: stop).")
    private String damaged = Words.of(EvaluationSettings.Damaged.STOP);

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

    EvalCommand() {
        this(ChatServices.system());
    }

    /** With another way to get at a model. */
    EvalCommand(ChatServices services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        if (taskName == null) {
            list();
            return Main.OK;
        }
        EvaluationTaskSettings named = EvaluationTasks.read(taskName);
        if (frames != null && frames < 1) {
            throw misused("--frames must be at least 1: --frames=" + frames);
        }
        EvaluationTaskSettings task = frames == null ? named : named.withFrames(frames);
        Path folder = Path.of(needed("--data", data == null ? null : data.toString()));
        if ((model == null) == (endpoint == null)) {
            throw misused("name what answers: either --model DIR or --endpoint URL");
        }
        InstantSource clock = InstantSource.system();
        try (Closing closing = new Closing()) {
            Optional<OpenAiChat> judging = judging(closing, clock);
            EvaluationSettings settings = settings(task, folder);
            ChatService answering = answering(closing, task, clock);
            EvalProgressLine screen = new EvalProgressLine(
                    spec.commandLine().getOut(), spec.commandLine().getErr(), Terminal.isThere(), clock);
            Evaluation evaluation = new Evaluation(
                    task, settings, answering, judging.map(chat -> patient(chat, clock)), Pause.system(), screen);
            return ended(evaluation, screen);
        }
    }

    /** What is open, closed in the end. */
    private static final class Closing implements AutoCloseable {
        private @Nullable OpenAiChat judge;
        private @Nullable OpenAiChat endpoint;
        private @Nullable ChatService service;

        @Override
        public void close() {
            if (service != null) {
                service.close();
            }
            if (endpoint != null) {
                endpoint.close();
            }
            if (judge != null) {
                judge.close();
            }
        }
    }

    private int ended(Evaluation evaluation, EvalProgressLine screen) {
        AtomicInteger signal = new AtomicInteger();
        StopSignals.handle(exitCode -> {
            signal.set(exitCode);
            evaluation.stop();
        });
        PrintWriter err = spec.commandLine().getErr();
        EvaluationReport report;
        try {
            report = evaluation.run();
        } catch (CancellationException stopped) {
            screen.clear();
            err.println("longreel: stopped; the same command goes on from here");
            return signal.get() == 0 ? Main.FAILED : signal.get();
        } catch (RuntimeFailure failure) {
            screen.clear();
            throw failure;
        }
        screen.clear();
        PrintWriter text = spec.commandLine().getOut();
        text.print(report.table());
        text.println("results in " + report.out());
        text.flush();
        if (report.counts().pending() > 0) {
            err.println("longreel: %d questions have got no answer; the same command asks them again"
                    .formatted(report.counts().pending()));
            return Main.FAILED;
        }
        return Main.OK;
    }

    private void list() {
        PrintWriter text = spec.commandLine().getOut();
        int width =
                EvaluationTasks.NAMES.stream().mapToInt(String::length).max().orElse(0);
        for (String name : EvaluationTasks.NAMES) {
            EvaluationTaskSettings task = EvaluationTasks.read(name);
            text.println("%s  %s; %d frames, %s"
                    .formatted(
                            name + " ".repeat(width - name.length()),
                            task.title(),
                            task.frames(),
                            task.records().expected().isEmpty()
                                    ? "for submission"
                                    : Words.of(task.score().kind())));
        }
        text.flush();
    }

    private EvaluationSettings settings(EvaluationTaskSettings task, Path folder) {
        EvalModels.Known answering = endpoint == null
                ? EvalModels.local(Path.of(needed("--model", model == null ? null : model.toString())))
                : EvalModels.remote(endpoint, needed("--endpoint-model", endpointModel), endpointMedia + side);
        String judging = judge == null
                ? ""
                : EvalModels.remote(judge, needed("--judge-model", judgeModel), "")
                        .identity();
        Path results =
                out == null ? Path.of("evaluations", EvalModels.fileName(task.name() + "-" + answering.name())) : out;
        return new EvaluationSettings(
                folder.toAbsolutePath().normalize(),
                results,
                limit,
                parallel,
                choice("--damaged", damaged, EvaluationSettings.Damaged.class),
                answering.identity(),
                judging);
    }

    private ChatService answering(Closing closing, EvaluationTaskSettings task, InstantSource clock) {
        if (endpoint == null) {
            closing.service = services.open(
                    Path.of(needed("--model", model == null ? null : model.toString())), task.frames(), parallel);
            return closing.service;
        }
        EndpointService.Media media = choice("--endpoint-media", endpointMedia, EndpointService.Media.class);
        if (side < 16 || side > 4096) {
            throw misused("--side must be from 16 to 4096: --side=" + side);
        }
        closing.endpoint = chat(
                OpenAiChat.base("--endpoint", endpoint), needed("--endpoint-model", endpointModel), endpointKey, clock);
        closing.service = new EndpointService(patient(closing.endpoint, clock), media, side);
        return closing.service;
    }

    private Optional<OpenAiChat> judging(Closing closing, InstantSource clock) {
        if (judge == null) {
            return Optional.empty();
        }
        closing.judge = chat(OpenAiChat.base("--judge", judge), needed("--judge-model", judgeModel), judgeKey, clock);
        return Optional.of(closing.judge);
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

    private <E extends Enum<E>> E choice(String option, String word, Class<E> type) {
        E chosen = Words.of(type).get(word);
        if (chosen == null) {
            throw misused("%s must be one of %s: %s=%s"
                    .formatted(option, String.join(", ", Words.of(type).keySet()), option, word));
        }
        return chosen;
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
