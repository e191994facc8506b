package io.longreel.runtime.cli;

import io.longreel.config.PaperReader;
import io.longreel.config.PlanReader;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.plan.PaperModel;
import io.longreel.config.plan.PlanDescription;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.runtime.plan.MemoryPlan;
import io.longreel.runtime.plan.RankPlan;
import io.longreel.runtime.plan.RunTimes;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code plan}: what will be, before anything is. Of a run's configuration the memory of a rank in every phase, to the byte; of a question (a file {@code { plan { ... } }}, or options)
 * time, memory and the best mesh, on machines that need not be there; of the paper's tables the planner's answer to each cell. Touches nothing.
 */
@Command(
        name = "plan",
        description = {
            "Of a run's configuration: the memory of a rank in every phase, to the byte, and the time of a step, estimated.",
            "Of a question, a file { plan { ... } } or options such as --model llama3-8b --gpus 32 --tokens 320K: time, memory, the best mesh.",
            "With --paper: LongVILA's tables 7, 8 and 10 beside the planner."
        },
        subcommands = {PlanCalibrateCommand.class, PlanCheckCommand.class},
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class PlanCommand implements Callable<Integer> {
    /** Ranks of the largest mesh of which all are planned when none is named. */
    private static final int RANKS_MAX = 16;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Mixin
    private final PlanQuestionOptions question = new PlanQuestionOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "CONF",
            description = "HOCON file of a run or a question, or one of the presets of runs: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(
            names = "--rank",
            paramLabel = "N",
            description = "Rank to plan (default: the one that needs most; rank 0 where there are more than "
                    + RANKS_MAX + ").")
    private @Nullable Integer rank;

    @Option(names = "--json", description = "One JSON object, in bytes and seconds.")
    private boolean json;

    @Option(names = "--paper", description = "The paper's tables 7, 8 and 10, beside what the planner says.")
    private boolean paper;

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            description = "Also draws it into this PNG: time against length by method; with --paper its Figure 9.")
    private Path chart = Path.of("");

    @Option(names = "--all", description = "Every mesh, and every reason why one is not allowed.")
    private boolean all;

    @Override
    public Integer call() {
        boolean asksQuestion = !question.keys().isEmpty();
        boolean isQuestion = asksQuestion || (!source.isEmpty() && PlanReader.isDescription(Path.of(source)));
        if (paper && (isQuestion || !source.isEmpty())) {
            throw RuntimeFailure.config(
                    "--paper says which steps it plans: leave out CONF and the options of a question");
        }
        if (!paper && !isQuestion && source.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "name what to plan: a configuration, a question such as --gpus 32 --tokens 320K, or --paper");
        }
        if (!paper && !isQuestion) {
            return planRun();
        }
        if (!options.isEmpty() || rank != null) {
            throw RuntimeFailure.config(
                    "--set and --rank are about a run's configuration, not about a question or the paper");
        }
        boolean draws = !chart.toString().isEmpty();
        if (draws) {
            ResultFile.check(chart, "chart");
        }
        if (paper) {
            PaperModel model = PaperReader.model();
            print(json ? List.of(PaperTable.json(model).toString()) : PaperTable.of(model));
            if (draws) {
                DurableFile.write(chart, PlanPictures.figure9(model));
            }
            return Main.OK;
        }
        Optional<Path> file = source.isEmpty() ? Optional.empty() : Optional.of(existing(Path.of(source)));
        PlanDescription asked = PlanReader.read(file, question.keys());
        PlanAnswer answer = PlanAnswer.of(asked);
        print(json ? List.of(PlanAnswerJson.of(answer).toString()) : PlanAnswerTable.of(answer, all));
        if (draws) {
            DurableFile.write(chart, PlanPictures.curves(asked));
        }
        return Main.OK;
    }

    private static Path existing(Path file) {
        if (!PlanReader.isDescription(file)) {
            throw RuntimeFailure.config(
                    "a question's file must be HOCON with plan { ... } in it: %s is not; a run's configuration takes no options of a question"
                            .formatted(file));
        }
        return file;
    }

    private void print(List<String> lines) {
        PrintWriter out = spec.commandLine().getOut();
        lines.forEach(out::println);
        out.flush();
    }

    private Integer planRun() {
        // Samples of a given seed have the same sizes whatever footage they are cut from: it need not be there yet.
        RunConfig config = options.load(source, "data.footage=[]");
        RankPlan plan = RankPlan.largest(MemoryPlan.of(config, ranks(config)));
        RunTimes times = RunTimes.of(config, TrainingWorkFactory.modelOf(config));
        print(
                json
                        ? List.of(PlanTable.json(config, plan, times))
                        : PlanTable.of(config, plan, times, which(config, plan)));
        return Main.OK;
    }

    private List<Integer> ranks(RunConfig config) {
        int worldSize = config.mesh().worldSize();
        Integer named = rank;
        if (named == null) {
            return IntStream.range(0, worldSize > RANKS_MAX ? 1 : worldSize)
                    .boxed()
                    .toList();
        }
        if (named < 0 || named >= worldSize) {
            throw RuntimeFailure.config("--rank must lie in the mesh: rank=%d worldSize=%d (%s)"
                    .formatted(named, worldSize, config.mesh()));
        }
        return List.of(named);
    }

    private String which(RunConfig config, RankPlan plan) {
        int worldSize = config.mesh().worldSize();
        if (rank != null) {
            return "rank %d of %d".formatted(plan.rank(), worldSize);
        }
        return worldSize > RANKS_MAX
                ? "rank %d of %d (name another with --rank)".formatted(plan.rank(), worldSize)
                : "rank %d of %d, which needs most".formatted(plan.rank(), worldSize);
    }
}
