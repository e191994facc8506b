package io.longreel.runtime.cli;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTasks;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.Words;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.eval.task.Evaluation;
import io.longreel.curriculum.eval.task.EvaluationReport;
import io.longreel.curriculum.eval.task.EvaluationSettings;
import io.longreel.curriculum.sft.Pause;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.launch.StopSignals;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
        subcommands = EvalNeedleCommand.class,
        description =
                "Evaluates a model on a data set, and sets the scores beside the paper's. Without TASK: lists them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class EvalCommand implements Callable<Integer> {
    private final Optional<ChatServices> services;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "TASK",
            arity = "0..1",
            description = "Name of an evaluation, or a file that describes one.")
    private @Nullable String taskName;

    @Option(names = "--model", paramLabel = "DIR", description = "Model in VILA's layout that answers.")
    private @Nullable Path model;

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

    @Mixin
    private EvalEndpoints endpoints = new EvalEndpoints();

    @Mixin
    private final RankOptions ranks = new RankOptions();

    EvalCommand() {
        this(Optional.empty());
    }

    /** With another way to get at a model. */
    EvalCommand(ChatServices services) {
        this(Optional.of(services));
    }

    private EvalCommand(Optional<ChatServices> services) {
        this.services = services;
    }

    /** The model on the ranks that the command line asks for. */
    private ChatService onRanks(Path folder, int framesMax, int questionsMax) {
        RunConfig config = ranks.config(folder, List.of("inference.frames-max=" + framesMax));
        return ranks.open(config, questionsMax, spec.commandLine().getErr(), System::nanoTime);
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
        if ((model == null) != endpoints.isAnswering()) {
            throw misused("name what answers: either --model DIR or --endpoint URL");
        }
        InstantSource clock = InstantSource.system();
        try (EvalEndpoints.Opened opened = endpoints.open(clock)) {
            EvaluationSettings settings = settings(task, folder);
            Evaluation.check(task, settings, opened.judging().isPresent()); // before a model is loaded
            try (ChatService answering = opened.answering()
                    .orElseGet(() -> services.orElse(this::onRanks)
                            .open(
                                    Path.of(needed("--model", model == null ? null : model.toString())),
                                    task.frames(),
                                    parallel))) {
                EvalProgressLine screen = new EvalProgressLine(
                        spec.commandLine().getOut(), spec.commandLine().getErr(), Terminal.isThere(), clock);
                return ended(
                        new Evaluation(task, settings, answering, opened.judging(), Pause.system(), screen), screen);
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
        EvalModels.Known answering = endpoints
                .answering()
                .orElseGet(() -> EvalModels.local(Path.of(needed("--model", model == null ? null : model.toString()))));
        String judging = endpoints.judging().map(EvalModels.Known::identity).orElse("");
        Path results =
                out == null ? Path.of("evaluations", EvalModels.fileName(task.name() + "-" + answering.name())) : out;
        return new EvaluationSettings(
                folder.toAbsolutePath().normalize(),
                results,
                limit,
                parallel,
                damaged(),
                answering.identity(),
                judging);
    }

    private EvaluationSettings.Damaged damaged() {
        EvaluationSettings.Damaged chosen =
                Words.of(EvaluationSettings.Damaged.class).get(damaged);
        if (chosen == null) {
            throw misused("--damaged must be stop or skip: --damaged=" + damaged);
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
