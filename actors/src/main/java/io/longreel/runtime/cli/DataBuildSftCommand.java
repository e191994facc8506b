package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.sft.OpenAiChat;
import io.longreel.curriculum.sft.Pause;
import io.longreel.curriculum.sft.Prompts;
import io.longreel.curriculum.sft.SftBuild;
import io.longreel.curriculum.sft.SftReport;
import io.longreel.curriculum.sft.SftSettings;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.launch.StopSignals;
import io.longreel.runtime.launch.StreamSystem;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code data build-sft VIDEO_OR_FOLDER...}: summaries and questions about long videos, as LongVILA-SFT was made. */
@Command(
        name = "build-sft",
        description =
                "Makes a data set for supervised fine-tuning out of long videos: cuts them into clips, has a model caption each, and another write a summary and questions from the captions of a video.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DataBuildSftCommand implements Callable<Integer> {
    private static final String KEY_VARIABLE = "LONGREEL_API_KEY";

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "VIDEO_OR_FOLDER",
            arity = "0..*",
            description = "Videos; a folder stands for those in it.")
    private List<Path> sources = List.of();

    @Option(names = "--out", paramLabel = "DIR", description = "Where the data set goes; run again, it goes on there.")
    private @Nullable Path out;

    @Option(
            names = "--captioner",
            paramLabel = "URL",
            description = "OpenAI-compatible endpoint of a model that sees, such as http://127.0.0.1:8000/v1.")
    private @Nullable String captioner;

    @Option(names = "--captioner-model", paramLabel = "NAME", description = "Its name there.")
    private @Nullable String captionerModel;

    @Option(names = "--writer", paramLabel = "URL", description = "The same for the model that writes.")
    private @Nullable String writer;

    @Option(names = "--writer-model", paramLabel = "NAME", description = "Its name there.")
    private @Nullable String writerModel;

    @Option(
            names = "--captioner-key",
            paramLabel = "VARIABLE",
            description = "Environment variable that holds its key, if it wants one (default: ${DEFAULT-VALUE}).")
    private String captionerKey = KEY_VARIABLE;

    @Option(
            names = "--writer-key",
            paramLabel = "VARIABLE",
            description = "The same for the writer (default: ${DEFAULT-VALUE}).")
    private String writerKey = KEY_VARIABLE;

    @Option(names = "--name", paramLabel = "NAME", description = "Of the data set (default: the name of DIR).")
    private @Nullable String name;

    @Option(
            names = "--media",
            paramLabel = "DIR",
            description = "Folder that the data set names videos from (default: the deepest one that holds all).")
    private @Nullable Path media;

    @Option(names = "--clip-seconds", paramLabel = "S", description = "Length of a clip (default: ${DEFAULT-VALUE}).")
    private double clipSeconds = 10;

    @Option(
            names = "--shot-threshold",
            paramLabel = "X",
            description = "Change between two frames, of 1, that is a new shot (default: ${DEFAULT-VALUE}).")
    private double shotThreshold = 0.4;

    @Option(names = "--frames", paramLabel = "N", description = "Frames of a clip (default: ${DEFAULT-VALUE}).")
    private int frames = 8;

    @Option(
            names = "--side",
            paramLabel = "N",
            description = "Pixels of a frame's longer side (default: ${DEFAULT-VALUE}).")
    private int side = 512;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Requests at a time to each model (default: ${DEFAULT-VALUE}).")
    private int parallel = 8;

    @Option(
            names = "--attempts",
            paramLabel = "N",
            description = "Times that a request goes out until its video is left out (default: ${DEFAULT-VALUE}).")
    private int attempts = 6;

    @Option(
            names = "--requests-per-minute",
            paramLabel = "N",
            description = "To both models together; 0: no limit (default: ${DEFAULT-VALUE}).")
    private double requestsPerMinute;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Time for the whole answer to a request (default: ${DEFAULT-VALUE}).")
    private double timeoutSeconds = 180;

    @Option(names = "--caption-tokens", paramLabel = "N", description = "Longest caption (default: ${DEFAULT-VALUE}).")
    private int captionTokens = 300;

    @Option(
            names = "--writer-tokens",
            paramLabel = "N",
            description = "Longest answer of the writer (default: ${DEFAULT-VALUE}).")
    private int writerTokens = 4096;

    @Option(names = "--temperature", paramLabel = "X", description = "Of both models (default: ${DEFAULT-VALUE}).")
    private double temperature = 0.2;

    @Option(
            names = "--prompts",
            paramLabel = "DIR",
            description = "Prompts of your own: files as --print-prompts writes.")
    private @Nullable Path prompts;

    @Option(names = "--print-prompts", paramLabel = "DIR", description = "Only writes the prompts to files in DIR.")
    private @Nullable Path printPrompts;

    @Option(names = "--strict", description = "Exit code 1 if any video was left out.")
    private boolean strict;

    @Override
    public Integer call() {
        Prompts texts = prompts == null ? Prompts.builtIn() : Prompts.from(prompts);
        if (printPrompts != null) {
            texts.writeTo(printPrompts);
            spec.commandLine().getOut().println("prompts are in " + printPrompts);
            return Main.OK;
        }
        SftSettings settings = settings();
        URI captionerUrl = OpenAiChat.base("--captioner", needed("--captioner", captioner));
        URI writerUrl = OpenAiChat.base("--writer", needed("--writer", writer));
        InstantSource clock = InstantSource.system();
        try (OpenAiChat eye = chat(captionerUrl, "--captioner-model", captionerModel, captionerKey, clock);
                OpenAiChat pen = chat(writerUrl, "--writer-model", writerModel, writerKey, clock);
                StreamSystem streams = StreamSystem.start()) {
            boolean isTerminal = Terminal.isThere();
            SftProgressLine screen = new SftProgressLine(
                    spec.commandLine().getOut(), spec.commandLine().getErr(), isTerminal, clock);
            SftBuild.Running running = SftBuild.start(
                    settings,
                    texts,
                    eye,
                    pen,
                    // Only spreads requests that failed together; nothing in the result depends on it.
                    new SftBuild.Seams(clock, new SplittableRandom(clock.millis()), Pause.system()),
                    screen,
                    streams.system());
            return ended(running, screen, settings);
        }
    }

    private int ended(SftBuild.Running running, SftProgressLine screen, SftSettings settings) {
        AtomicInteger signal = new AtomicInteger();
        StopSignals.handle(exitCode -> {
            signal.set(exitCode);
            running.stop();
        });
        PrintWriter err = spec.commandLine().getErr();
        SftReport report;
        try {
            report = running.report().toCompletableFuture().join();
        } catch (CancellationException stopped) {
            return stopped(err, signal.get());
        } catch (CompletionException e) {
            screen.clear();
            if (e.getCause() instanceof CancellationException) {
                return stopped(err, signal.get());
            }
            throw e.getCause() instanceof RuntimeFailure failure ? failure : e;
        }
        screen.clear();
        summary(report, settings);
        if (strict && !report.failures().isEmpty()) {
            err.println("longreel: %d of %d videos were left out, and --strict was given"
                    .formatted(report.failures().size(), report.failures().size() + report.videos()));
            return Main.FAILED;
        }
        return Main.OK;
    }

    private static int stopped(PrintWriter err, int exitCode) {
        err.println("longreel: stopped; the same command goes on from here");
        return exitCode == 0 ? Main.FAILED : exitCode;
    }

    private void summary(SftReport report, SftSettings settings) {
        PrintWriter text = spec.commandLine().getOut();
        text.println(
                "%d samples about %d videos of %.1f min, %d left out; %d clips, %d of them captioned now; %d requests in %d s"
                        .formatted(
                                report.samples(),
                                report.videos(),
                                report.videoMs() / 60e3,
                                report.failures().size(),
                                report.clips(),
                                report.clipsAsked(),
                                report.requests(),
                                Math.round(report.elapsedMs() / 1e3)));
        text.println(new TreeMap<>(report.kinds())
                .entrySet().stream()
                        .map(kind -> "%s %d".formatted(kind.getKey(), kind.getValue()))
                        .collect(Collectors.joining(", ")));
        text.println("files in " + settings.out());
        text.println("  dataset.jsonl   the samples, as LLaVA has them");
        text.println("  dataset.conf    the lines that name them in a run's configuration");
        text.println("  build.json      how they were made, and what was left out");
        text.flush();
    }

    private SftSettings settings() {
        Path folder = Path.of(needed("--out", out == null ? null : out.toString()))
                .toAbsolutePath()
                .normalize();
        if (sources.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "name at least one video, or a folder of videos");
        }
        return new SftSettings(
                sources,
                Optional.ofNullable(media),
                folder,
                name == null ? String.valueOf(folder.getFileName()) : name,
                new SftSettings.Cutting(clipSeconds, shotThreshold),
                new SftSettings.Looking(frames, side),
                new SftSettings.Asking(
                        parallel, attempts, requestsPerMinute, captionTokens, writerTokens, temperature));
    }

    private OpenAiChat chat(
            URI url, String modelOption, @Nullable String model, String keyVariable, InstantSource clock) {
        if (!(timeoutSeconds >= 0.001 && timeoutSeconds <= 86_400)) {
            throw new ParameterException(
                    spec.commandLine(), "--timeout must be seconds, at most a day's: --timeout=" + timeoutSeconds);
        }
        Optional<String> key = Optional.ofNullable(System.getenv(keyVariable)).filter(text -> !text.isBlank());
        if (key.isEmpty() && !keyVariable.equals(KEY_VARIABLE)) {
            throw new ParameterException(
                    spec.commandLine(), "the environment variable for a key is not set: " + keyVariable);
        }
        Duration timeout = Duration.ofMillis(Math.round(1000 * timeoutSeconds));
        return OpenAiChat.of(url, needed(modelOption, model), key, timeout, clock);
    }

    private String needed(String option, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new ParameterException(spec.commandLine(), option + " is missing");
        }
        return value;
    }
}
