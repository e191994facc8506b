package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.curriculum.DataSurvey;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.io.PrintWriter;
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

/** {@code data inspect CONF}: the datasets of a configuration, or one record as the model gets it. Touches nothing. */
@Command(
        name = "inspect",
        description = {
            "Lists the datasets of a configuration and what uses them.",
            "With --dataset and --record: one record as the model gets it, or what is wrong with it."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DataInspectCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description = "Only this one; with --record also NAME@SUBSET, as runs name left-out records.")
    private @Nullable String dataset;

    @Option(names = "--record", paramLabel = "I", description = "A record of it, from 0.")
    private @Nullable Integer record;

    @Option(
            names = "--stage",
            paramLabel = "NAME",
            description = "Whose frames-max, aspect and context hold for the record (default: the first that uses it).")
    private @Nullable String stage;

    @Option(names = "--json", description = "One JSON object, with nothing cut short.")
    private boolean json;

    @Override
    public Integer call() {
        if (record != null && dataset == null) {
            throw new ParameterException(spec.commandLine(), "--record needs --dataset");
        }
        if (stage != null && record == null) {
            throw new ParameterException(spec.commandLine(), "--stage needs --dataset and --record");
        }
        // Footage is cut, not read from datasets: it need not be there yet.
        RunConfig config = options.load(source, "data.footage=[]");
        PrintWriter out = spec.commandLine().getOut();
        try (DataSurvey survey = DataSurvey.open(config, TrainingWorkFactory.modelOf(config))) {
            if (record != null && dataset != null) {
                DataRecordText text = new DataRecordText(survey.record(dataset, record, Optional.ofNullable(stage)));
                if (json) {
                    out.println(text.json());
                } else {
                    text.lines(isColoured()).forEach(out::println);
                }
            } else {
                DatasetsText text = new DatasetsText(survey.datasets(Optional.ofNullable(dataset)));
                if (json) {
                    out.println(text.json());
                } else {
                    text.lines().forEach(out::println);
                }
            }
        }
        out.flush();
        return Main.OK;
    }

    private boolean isColoured() {
        boolean isTerminal = Terminal.isThere();
        return isTerminal && spec.commandLine().getColorScheme().ansi().enabled();
    }
}
