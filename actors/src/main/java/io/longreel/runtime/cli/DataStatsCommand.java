package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.curriculum.DataSurvey;
import io.longreel.curriculum.survey.PhaseStats;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code data stats CONF}: lengths of samples, packing and what each rank will see. Decodes nothing, but looks at every medium. */
@Command(
        name = "stats",
        description =
                "Counts what the phases of a run train on: records, steps of an epoch, lengths, packing, loads of ranks.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DataStatsCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(names = "--stage", paramLabel = "NAME", description = "Only the phases of this stage.")
    private @Nullable String stage;

    @Option(
            names = "--sample",
            paramLabel = "N",
            description = "Records to look at in each phase, evenly spread over an epoch (default: ${DEFAULT-VALUE}).")
    private long sample = 1000;

    @Option(names = "--all", description = "Look at every record of an epoch.")
    private boolean all;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        if (sample < 1) {
            throw new ParameterException(spec.commandLine(), "--sample must be at least 1: --sample=" + sample);
        }
        RunConfig config = options.load(source, "data.footage=[]");
        SurveyProgressLine screen =
                new SurveyProgressLine(spec.commandLine().getErr(), Terminal.isThere(), InstantSource.system());
        List<PhaseStats> stats = new ArrayList<>();
        try (DataSurvey survey = DataSurvey.open(config, TrainingWorkFactory.modelOf(config))) {
            long most = all ? Long.MAX_VALUE : sample;
            for (DataSurvey.DataPhase at : survey.requiredPhases(Optional.ofNullable(stage))) {
                String name = "stage %s, phase %s"
                        .formatted(at.stage().name(), at.phase().name());
                screen.begin(name, survey.samples(at, most));
                stats.add(survey.stats(at, most, screen::reach));
            }
        } finally {
            screen.clear();
        }
        PrintWriter out = spec.commandLine().getOut();
        StatsText text = new StatsText(config, stats);
        if (json) {
            out.println(text.json());
        } else {
            text.lines().forEach(out::println);
        }
        out.flush();
        return Main.OK;
    }
}
