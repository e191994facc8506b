package io.longreel.chaos.report;

import io.longreel.chaos.scenario.Incident;
import io.longreel.chaos.scenario.ScenarioResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Results as a table for a terminal: fault and phase, what came out, and the times of the worst incident. */
public final class Matrix {
    private static final List<String> HEAD = List.of(
            "scenario", "fault", "phase", "result", "noticed", "restored", "next commit", "lost", "again", "MiB again");

    private Matrix() {}

    /** The table, with a line per scenario and one that sums up. */
    public static String of(List<ScenarioResult> results) {
        List<List<String>> rows = new ArrayList<>(List.of(HEAD));
        results.forEach(result -> rows.add(row(result)));
        int[] widths = new int[HEAD.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        String table = rows.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
        String complaints = results.stream()
                .flatMap(result -> result.complaints().stream()
                        .map(complaint -> "%s (%s): %s"
                                .formatted(
                                        result.name(),
                                        word(result),
                                        complaint.lines().findFirst().orElse(""))))
                .collect(Collectors.joining("\n"));
        return table + "\n" + (complaints.isEmpty() ? "" : "\n" + complaints + "\n") + "\n" + sum(results);
    }

    /** What came out of one scenario, in one line. */
    public static String sentence(ScenarioResult result) {
        List<Incident> incidents = result.incidents();
        return String.format(
                Locale.ROOT,
                "%s in %.0f s: noticed %s, restored %s, next commit %s%s",
                word(result),
                result.durationMs() / 1000.0,
                seconds(longest(incidents, Times::toNotice)),
                seconds(longest(incidents, Times::toRestore)),
                seconds(longest(incidents, Times::toCommit)),
                result.complaints().stream()
                        .map(complaint -> "\n  " + complaint.lines().findFirst().orElse(""))
                        .collect(Collectors.joining()));
    }

    /** How many came out how. */
    public static String sum(List<ScenarioResult> results) {
        return "%d passed, %d failed, %d skipped"
                .formatted(
                        count(results, ScenarioResult.Verdict.PASSED),
                        count(results, ScenarioResult.Verdict.FAILED),
                        count(results, ScenarioResult.Verdict.SKIPPED));
    }

    private static long count(List<ScenarioResult> results, ScenarioResult.Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    private static List<String> row(ScenarioResult result) {
        List<Incident> incidents = result.incidents();
        return List.of(
                result.name(),
                result.fault(),
                result.phase(),
                word(result),
                seconds(longest(incidents, Times::toNotice)),
                seconds(longest(incidents, Times::toRestore)),
                seconds(longest(incidents, Times::toCommit)),
                Integer.toString(
                        incidents.stream().mapToInt(Incident::stepsLost).sum()),
                Integer.toString(
                        incidents.stream().mapToInt(Incident::stepsAgain).sum()),
                "%.1f"
                        .formatted(incidents.stream()
                                        .mapToLong(Incident::bytesAgain)
                                        .sum()
                                / (1024.0 * 1024)));
    }

    interface Measure {
        OptionalLong of(Incident incident);
    }

    static OptionalLong longest(List<Incident> incidents, Measure measure) {
        return incidents.stream()
                .map(measure::of)
                .flatMapToLong(OptionalLong::stream)
                .max();
    }

    static String seconds(OptionalLong ms) {
        return ms.isEmpty() ? "-" : String.format(Locale.ROOT, "%.2f s", ms.getAsLong() / 1000.0);
    }

    private static String word(ScenarioResult result) {
        return result.verdict().name().toLowerCase(Locale.ROOT);
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
        }
        return line.toString().stripTrailing();
    }
}
