package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Kind;
import io.longreel.config.EvaluationTaskSettings.Published;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Scores beside the paper's, for people. Pure. */
final class ScoreTable {
    private static final String GAP = "  ";

    private ScoreTable() {}

    static String of(EvaluationTaskSettings task, String model, List<Metric> metrics, EvaluationReport.Counts counts) {
        List<String> lines = new ArrayList<>();
        lines.add("%s: %s, %d records, at most %d frames"
                .formatted(task.title(), model, counts.records(), task.frames()));
        lines.add("");
        lines.addAll(aligned(rows(task, metrics)));
        lines.add("");
        lines.addAll(counted(counts));
        task.notes().forEach(note -> lines.add("note: " + note));
        return String.join("\n", lines) + "\n";
    }

    private static List<List<String>> rows(EvaluationTaskSettings task, List<Metric> metrics) {
        boolean isPoints = task.score().kind() == Kind.JUDGED
                && task.judge()
                        .filter(judge -> judge.verdict() == Verdict.SCORE)
                        .isPresent();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("", "measured", "of"));
        List<String> source = new ArrayList<>(List.of(isPoints ? "0 to 5" : "percent", "", ""));
        for (Published row : task.paper()) {
            head.add(row.model());
            source.add(row.frames() == 0 ? row.table() : "%s, %d frames".formatted(row.table(), row.frames()));
        }
        rows.add(head);
        rows.add(source);
        Set<String> names = new LinkedHashSet<>();
        metrics.forEach(metric -> names.add(metric.name()));
        task.paper().forEach(row -> row.values().keySet().stream().sorted().forEach(names::add));
        for (String name : names) {
            Optional<Metric> metric =
                    metrics.stream().filter(own -> own.name().equals(name)).findFirst();
            List<String> row = new ArrayList<>();
            row.add(name);
            row.add(metric.flatMap(Metric::value)
                    .map(value -> number(value, isPoints || name.equals(EvaluationTaskSettings.SCORE)))
                    .orElse("-"));
            row.add(metric.map(own -> String.valueOf(own.count())).orElse("-"));
            for (Published published : task.paper()) {
                row.add(Optional.ofNullable(published.values().get(name))
                        .map(value -> number(value, isPoints))
                        .orElse("-"));
            }
            rows.add(row);
        }
        return rows;
    }

    private static String number(double value, boolean isPoints) {
        return String.format(Locale.ROOT, isPoints ? "%.2f" : "%.1f", value);
    }

    private static List<String> aligned(List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder(padded(row.getFirst(), widths[0], true));
                    for (int i = 1; i < widths.length; i++) {
                        line.append(GAP).append(padded(row.get(i), widths[i], false));
                    }
                    return line.toString().stripTrailing();
                })
                .collect(Collectors.toList());
    }

    private static String padded(String text, int width, boolean isLeft) {
        String blanks = " ".repeat(width - text.length());
        return isLeft ? text + blanks : blanks + text;
    }

    private static List<String> counted(EvaluationReport.Counts counts) {
        List<String> lines = new ArrayList<>();
        lines.add("%d answers are no answer and count as wrong".formatted(counts.unanswered()));
        if (counts.unusable() > 0) {
            lines.add("%d records could not be asked and count as wrong".formatted(counts.unusable()));
        }
        if (counts.pending() > 0) {
            lines.add("%d questions have got no answer yet and count as wrong until they are asked again"
                    .formatted(counts.pending()));
        }
        if (counts.unjudged() > 0) {
            lines.add("%d answers were not judged and are in no score".formatted(counts.unjudged()));
        }
        if (counts.incomplete() > 0) {
            lines.add("%d questions are not there in all orders and are in no circular score"
                    .formatted(counts.incomplete()));
        }
        return lines;
    }
}
