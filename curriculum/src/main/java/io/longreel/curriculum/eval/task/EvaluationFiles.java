package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Published;
import io.longreel.config.Words;
import io.longreel.curriculum.eval.task.Outcome.State;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an evaluation leaves: {@code records.jsonl} with a line per record in their order, {@code results.json} with scores, counts and settings,
 * {@code table.txt} for people, and {@code submission.csv} where the answers are secret. Each appears whole or not at all, {@code results.json} last.
 */
final class EvaluationFiles {
    static final String RESULTS = "results.json";
    static final String RECORDS = "records.jsonl";
    static final String TABLE = "table.txt";
    static final String SUBMISSION = "submission.csv";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NO_CHOICE = "-1";

    private EvaluationFiles() {}

    static EvaluationReport write(
            EvaluationTaskSettings task, EvaluationSettings settings, String model, List<Outcome> outcomes, int asked) {
        EvaluationReport.Counts counts = new EvaluationReport.Counts(
                outcomes.size(),
                asked,
                (int) outcomes.stream().filter(Outcome::isUnanswered).count(),
                count(outcomes, State.UNUSABLE),
                count(outcomes, State.PENDING),
                count(outcomes, State.UNJUDGED),
                Scoreboard.incomplete(task, outcomes));
        List<Metric> metrics = Scoreboard.of(task, outcomes);
        String table = ScoreTable.of(task, model, metrics, counts);
        StringBuilder lines = new StringBuilder();
        outcomes.forEach(outcome -> lines.append(line(outcome)).append('\n'));
        write(settings.out().resolve(RECORDS), lines.toString());
        if (task.records().expected().isEmpty()) {
            write(settings.out().resolve(SUBMISSION), submission(task, outcomes));
        }
        write(settings.out().resolve(TABLE), table);
        write(settings.out().resolve(RESULTS), results(task, settings, model, counts, metrics) + "\n");
        return new EvaluationReport(settings.out(), counts, metrics, table);
    }

    private static int count(List<Outcome> outcomes, State state) {
        return (int)
                outcomes.stream().filter(outcome -> outcome.state() == state).count();
    }

    private static void write(Path file, String text) {
        DurableFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String line(Outcome outcome) {
        ObjectNode line =
                JSON.createObjectNode().put("id", outcome.item().id()).put("state", Words.of(outcome.state()));
        outcome.item()
                .question()
                .ifPresent(question -> line.put("video", question.video().toString()));
        ObjectNode groups = line.putObject("groups");
        outcome.item().groups().forEach(groups::put);
        line.put("answer", outcome.answer().orElse(null));
        line.put("extracted", outcome.extracted().orElse(null));
        Optional<String> expected = outcome.item().question().flatMap(Item.Question::expected);
        line.put("expected", expected.orElse(null));
        line.put("correct", outcome.correct().orElse(null));
        if (!outcome.judged().isEmpty()) {
            ObjectNode judged = line.putObject("judged");
            new TreeMap<>(outcome.judged()).forEach((name, reply) -> judged.put(name, reply.score()));
        }
        if (!outcome.trouble().isBlank()) {
            line.put("trouble", outcome.trouble());
        }
        return text(line, false);
    }

    private static String results(
            EvaluationTaskSettings task,
            EvaluationSettings settings,
            String model,
            EvaluationReport.Counts counts,
            List<Metric> metrics) {
        ObjectNode root = JSON.createObjectNode()
                .put("task", task.name())
                .put("title", task.title())
                .put("model", model)
                .put("answeredBy", settings.answeredBy())
                .put("judgedBy", settings.judgedBy().isBlank() ? null : settings.judgedBy())
                .put("data", settings.data().toString());
        root.putObject("settings")
                .put("framesMax", task.frames())
                .put("tokensMax", task.answer().tokensMax())
                .put("extract", Words.of(task.answer().extract()))
                .put("score", Words.of(task.score().kind()))
                .put("limit", settings.limit());
        root.putObject("counts")
                .put("records", counts.records())
                .put("askedNow", counts.asked())
                .put("unanswered", counts.unanswered())
                .put("unusable", counts.unusable())
                .put("pending", counts.pending())
                .put("unjudged", counts.unjudged())
                .put("incompleteQuestions", counts.incomplete());
        ObjectNode scores = root.putObject("scores");
        metrics.forEach(metric -> scores.putObject(metric.name())
                .put("value", metric.value().orElse(null))
                .put("of", metric.count()));
        ArrayNode paper = root.putArray("paper");
        for (Published row : task.paper()) {
            ObjectNode published = paper.addObject().put("model", row.model()).put("table", row.table());
            if (row.frames() > 0) {
                published.put("frames", row.frames());
            }
            ObjectNode values = published.putObject("values");
            new TreeMap<>(row.values()).forEach(values::put);
        }
        ArrayNode notes = root.putArray("notes");
        task.notes().forEach(notes::add);
        return text(root, true);
    }

    /** Indices of options under the name that the ids have in the records; an answer without one is -1, which is wrong. */
    private static String submission(EvaluationTaskSettings task, List<Outcome> outcomes) {
        String id = task.records().id();
        String name = id.matches("\\{[A-Za-z0-9_]+}") ? id.substring(1, id.length() - 1) : "id";
        StringBuilder lines = new StringBuilder(name + ",answer\n");
        for (Outcome outcome : outcomes) {
            String choice = outcome.extracted()
                    .map(text -> task.records().options().any() ? String.valueOf(Letters.index(text)) : quoted(text))
                    .orElse(NO_CHOICE);
            lines.append(quoted(outcome.item().id())).append(',').append(choice).append('\n');
        }
        return lines.toString();
    }

    private static String quoted(String text) {
        return text.matches("[^\",\\r\\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    private static String text(ObjectNode tree, boolean isPretty) {
        try {
            return isPretty
                    ? JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree)
                    : JSON.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree has a form in JSON", e);
        }
    }
}
