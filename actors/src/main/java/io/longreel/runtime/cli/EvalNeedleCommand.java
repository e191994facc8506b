package io.longreel.runtime.cli;

import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.needle.ExamResult;
import io.longreel.curriculum.needle.ExamSettings;
import io.longreel.curriculum.needle.NeedleExam;
import io.longreel.runtime.dashboard.Terminal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eval needle}: needle in a video haystack (LongVILA, section 5.3), for any model and any footage. */
@Command(
        name = "needle",
        description = "Hides needles in footage of growing length and at all depths, and asks a model for them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class EvalNeedleCommand implements Callable<Integer> {
    private static final LongSupplier CLOCK_NS = System::nanoTime;

    /** What becomes of cells that an earlier test has left. */
    enum Resume {
        /** They count. */
        AUTOMATIC,
        /** They are tested again. */
        NEVER
    }

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model in VILA's layout.")
    private Path model = Path.of("");

    @Option(
            names = "--haystack",
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description = "Videos that the needles are hidden in, one after the other.")
    private List<Path> haystack = List.of();

    @Option(
            names = "--needles",
            paramLabel = "FILE.json",
            description =
                    "List of {\"image\", \"question\", \"answer\"}, images beside the file (default: the program's own cards with digits, five in a cell).")
    private @Nullable Path needles;

    @Option(
            names = "--fps",
            paramLabel = "N",
            description =
                    "Frames that are taken of each second of footage; 0 takes all (default: ${DEFAULT-VALUE}, as in the paper).")
    private double framesPerSecondMax = 1;

    @Option(
            names = "--frames-max",
            paramLabel = "N",
            description = "Frames of the longest haystack (default: 6000, or what the footage has).")
    private @Nullable Integer framesMax;

    @Option(
            names = "--frames-step",
            paramLabel = "N",
            description = "Frames by which haystacks grow (default: ${DEFAULT-VALUE}).")
    private int framesStep = 300;

    @Option(
            names = "--frames",
            split = ",",
            paramLabel = "N",
            description = "These lengths instead, such as 64,256,1024.")
    private List<Integer> frames = List.of();

    @Option(
            names = "--depths",
            split = ",",
            paramLabel = "D",
            description = "Where needles lie, 0 = in front, 1 = at the end (default: 0,0.2,0.4,0.6,0.8,1).")
    private List<Double> depths = List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0);

    @Mixin
    private final RankOptions ranks = new RankOptions();

    @Option(
            names = "--by",
            paramLabel = "WAY",
            description =
                    "teacher (default): one forward with the right answer behind the question, as in the paper; generation: the model writes its answer.")
    private ExamSettings.By by = ExamSettings.By.TEACHER;

    @Option(
            names = "--template",
            paramLabel = "NAME|FILE",
            description = "Chat template (default: what fits the model's tokenizer).")
    private @Nullable String template;

    @Option(names = "--system", paramLabel = "TEXT", description = "System message (default: the template's own).")
    private @Nullable String system;

    @Option(
            names = "--encoded-frames",
            paramLabel = "MIB",
            description = "Memory for frames that are encoded and kept for more tests (default: ${DEFAULT-VALUE}).")
    private int encodedFramesMib = 2048;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder of the results (default: runs/needle-MODEL).")
    private @Nullable Path out;

    @Option(
            names = "--resume",
            paramLabel = "WAY",
            description =
                    "automatic (default): go on behind the cells that are in the folder; never: test all of them again.")
    private Resume resume = Resume.AUTOMATIC;

    @Override
    public Integer call() {
        ExamSettings settings = settings();
        PrintWriter screen = spec.commandLine().getOut();
        ExamResult result;
        Optional<ChatService> service = service();
        try (NeedleExam exam = NeedleExam.open(settings, service, CLOCK_NS)) {
            result = exam.run(new NeedleProgress(screen, Terminal.isThere()));
        } finally {
            service.ifPresent(ChatService::close);
        }
        screen.printf(
                Locale.ROOT,
                "accuracy %.1f %% over %d tests (%.1f %% token by token): %s, %s%n",
                100.0 * result.correct() / result.tests(),
                result.tests(),
                100.0 * result.exact() / result.tests(),
                result.png(),
                result.json());
        screen.flush();
        return Main.OK;
    }

    private ExamSettings settings() {
        Path name = model.toAbsolutePath().normalize().getFileName();
        return new ExamSettings(
                model,
                haystack,
                framesPerSecondMax,
                Optional.ofNullable(needles),
                frames,
                Optional.ofNullable(framesMax),
                framesStep,
                depths,
                out == null ? Path.of("runs", "needle-" + name) : out,
                resume == Resume.NEVER,
                ranks.mesh(),
                PromptEncoder.Options.DEFAULTS
                        .withTemplate(Optional.ofNullable(template))
                        .withSystem(Optional.ofNullable(system)),
                by,
                (long) encodedFramesMib << 20);
    }

    /** What answers by generation. */
    private Optional<ChatService> service() {
        if (by == ExamSettings.By.TEACHER) {
            ranks.requireHere("eval needle --by teacher");
            return Optional.empty();
        }
        List<String> own = new ArrayList<>();
        if (template != null) {
            own.add("data.prompt.template=" + template);
        }
        if (system != null) {
            own.add("data.prompt.system=" + system);
        }
        PrintWriter err = spec.commandLine().getErr();
        return Optional.of(ranks.open(ranks.config(model, own), 1, err, CLOCK_NS));
    }
}
