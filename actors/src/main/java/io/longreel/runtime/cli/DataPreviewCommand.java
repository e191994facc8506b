package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RunConfig;
import io.longreel.curriculum.DataSurvey;
import io.longreel.curriculum.eval.ContactSheet;
import io.longreel.curriculum.survey.StepView;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** {@code data preview CONF}: the frames that a step of training shows the model, on one picture. Writes that file and nothing else. */
@Command(
        name = "preview",
        description = "Draws the frames that the samples of a step show the model, a row for each sample.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DataPreviewCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FRAMES_MAX = 8;
    private static final int ROWS_LIMIT = 200;

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
            names = "--stage",
            paramLabel = "NAME",
            description = "Stage of the step (default: the first that has datasets).")
    private @Nullable String stage;

    @Option(
            names = "--step",
            paramLabel = "I",
            description = "Step of the stage, from 0 (default: its first with datasets).")
    private @Nullable Integer step;

    @Option(
            names = "--rows",
            paramLabel = "N",
            description = "Most samples on the sheet, 1 to " + ROWS_LIMIT + " (default: ${DEFAULT-VALUE}).")
    private int rows = 32;

    @Option(names = "--out", required = true, paramLabel = "FILE.png", description = "Picture to write.")
    private Path out = Path.of("");

    @Option(names = "--json", description = "Say what is on the picture, as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        if (rows < 1 || rows > ROWS_LIMIT) {
            throw new ParameterException(
                    spec.commandLine(), "--rows must lie between 1 and %d: --rows=%d".formatted(ROWS_LIMIT, rows));
        }
        RunConfig config = options.load(source, "data.footage=[]");
        ResultFile.check(out, "picture");
        StepView view;
        try (DataSurvey survey = DataSurvey.open(config, TrainingWorkFactory.modelOf(config))) {
            view = survey.step(Optional.ofNullable(stage), Optional.ofNullable(step), rows, FRAMES_MAX);
        }
        String title =
                "%s: stage %s, phase %s, step %d".formatted(config.name(), view.stage(), view.phase(), view.step());
        DurableFile.write(
                out,
                ContactSheet.png(
                        title, view.rows().stream().map(DataPreviewCommand::row).toList()));
        PrintWriter text = spec.commandLine().getOut();
        text.println(json ? json(view) : "%s: %s".formatted(out, summary(view)));
        text.flush();
        return Main.OK;
    }

    private static String summary(StepView view) {
        long pictures =
                view.rows().stream().mapToLong(row -> row.pictures().size()).sum();
        long frames = view.rows().stream().mapToLong(StepView.Row::frames).sum();
        long faults =
                view.rows().stream().filter(row -> row.fault().isPresent()).count();
        return "stage %s, phase %s, step %d: %d of %d samples, %d of their %d frames%s"
                .formatted(
                        view.stage(),
                        view.phase(),
                        view.step(),
                        view.rows().size(),
                        view.samples(),
                        pictures,
                        frames,
                        faults == 0 ? "" : "; %d cannot be used".formatted(faults));
    }

    private static ContactSheet.Row row(StepView.Row row) {
        String shown = row.frames() > row.pictures().size()
                ? ", %d of %d frames".formatted(row.pictures().size(), row.frames())
                : ", %d frame%s".formatted(row.frames(), row.frames() == 1 ? "" : "s");
        String heading = "sample %d: %s, record %d%s%s"
                .formatted(
                        row.sample(),
                        row.dataset(),
                        row.record(),
                        row.id().isEmpty() ? "" : " (%s)".formatted(row.id()),
                        row.frames() == 0 ? "" : shown);
        List<String> lines = new ArrayList<>();
        if (!row.question().isBlank()) {
            lines.add((row.answer().isEmpty() ? "" : "Q: ") + beginning(row.question()));
        }
        if (!row.answer().isBlank()) {
            lines.add("A: " + beginning(row.answer()));
        }
        row.fault().ifPresent(fault -> lines.add("unusable: " + fault));
        return new ContactSheet.Row(row.pictures(), heading, lines, row.fault().isPresent());
    }

    /** More than fits into a line is not worth measuring. */
    private static String beginning(String text) {
        return text.substring(0, Math.min(text.length(), 400));
    }

    private static String json(StepView view) {
        ObjectNode all = JSON.createObjectNode()
                .put("stage", view.stage())
                .put("phase", view.phase())
                .put("step", view.step())
                .put("samples", view.samples());
        ArrayNode rows = all.putArray("rows");
        for (StepView.Row row : view.rows()) {
            ObjectNode one = rows.addObject()
                    .put("sample", row.sample())
                    .put("dataset", row.dataset())
                    .put("record", row.record())
                    .put("id", row.id())
                    .put("frames", row.frames())
                    .put("question", row.question())
                    .put("answer", row.answer());
            ArrayNode shown = one.putArray("shown");
            row.shown().forEach(shown::add);
            row.fault().ifPresent(fault -> one.put("fault", fault));
        }
        return all.toString();
    }
}
