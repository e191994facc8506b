package io.longreel.curriculum.eval;

import io.longreel.config.ConfigDifference;
import io.longreel.config.RunConfig;
import io.longreel.curriculum.eval.RunCurves.Along;
import io.longreel.curriculum.eval.RunCurves.Quantity;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Several runs beside each other: curves over one another, scores, what they took, and the keys in which their configurations differ. */
public record Comparison(List<Run> runs) {
    private static final int LAST_STEPS = 20;

    /**
     * @param name by which it is told from the others
     * @param needles results of its needle tests
     */
    public record Run(
            String name, RunConfig config, List<StepMetrics> steps, List<NeedleResults> needles, RunFacts facts) {
        public Run {
            steps = List.copyOf(steps);
            needles = List.copyOf(needles);
        }

        /** Mean of the newest losses; NaN without any. */
        public double loss() {
            return steps.subList(Math.max(0, steps.size() - LAST_STEPS), steps.size()).stream()
                    .mapToDouble(StepMetrics::loss)
                    .average()
                    .orElse(Double.NaN);
        }

        public long tokens() {
            return steps.stream().mapToLong(StepMetrics::tokens).sum();
        }

        /** Time of all steps. */
        public double stepSeconds() {
            return steps.stream().mapToDouble(StepMetrics::durationMs).sum() / 1e3;
        }
    }

    public Comparison {
        runs = List.copyOf(runs);
    }

    /** Keys that do not have the same value everywhere: a value a run, empty where it has none. */
    public SortedMap<String, List<String>> differences() {
        return ConfigDifference.between(runs.stream().map(Run::config).toList());
    }

    /** What the runs came to: a row a number, whose first cell names it. */
    public List<List<String>> results() {
        List<List<String>> rows = new ArrayList<>();
        row(rows, "outcome", run -> run.facts().outcome());
        row(rows, "steps", run -> "%,d of %,d".formatted(run.steps().size(), totalSteps(run)));
        row(rows, "tokens", run -> HtmlPage.shortCount(run.tokens()));
        row(rows, "loss, mean of the last %d steps".formatted(LAST_STEPS), run -> number("%.4f", run.loss()));
        for (String test : tests()) {
            row(
                    rows,
                    test,
                    run -> run.needles().stream()
                            .filter(result -> result.name().equals(test))
                            .findFirst()
                            .map(result -> number("%.1f %%", 100 * result.accuracy()))
                            .orElse(""));
        }
        row(rows, "time in steps", run -> HtmlPage.duration(run.stepSeconds()));
        row(rows, "time from start to end", run -> HtmlPage.duration(run.facts().wallSeconds()));
        row(rows, "tokens per second", run -> number("%,.0f", run.tokens() / run.stepSeconds()));
        row(
                rows,
                "goodput",
                run -> number("%.1f %%", 100 * run.facts().goodput().orElse(Double.NaN)));
        row(rows, "faults", run -> run.facts().faultText());
        return rows;
    }

    private List<String> tests() {
        return List.copyOf(new TreeSet<>(runs.stream()
                .flatMap(run -> run.needles().stream())
                .map(NeedleResults::name)
                .toList()));
    }

    private void row(List<List<String>> rows, String name, Function<Run, String> value) {
        List<String> cells = new ArrayList<>(List.of(name));
        runs.forEach(run -> cells.add(value.apply(run)));
        rows.add(cells);
    }

    private static long totalSteps(Run run) {
        return run.config().stages().stream().mapToLong(stage -> stage.steps()).sum();
    }

    private static String number(String pattern, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, pattern, value) : "";
    }

    /** Writes the page to {@code file}. */
    public void write(Path file) {
        DurableFile.write(file, html().getBytes(StandardCharsets.UTF_8));
    }

    String html() {
        String names = String.join(", ", runs.stream().map(Run::name).toList());
        HtmlPage page = new HtmlPage("Longreel: " + names, names, "%d runs beside each other.".formatted(runs.size()));
        List<String> heads = new ArrayList<>(List.of(""));
        runs.forEach(run -> heads.add(run.name()));
        page.section("Results", "").table(heads, results(), 1).endSection();
        SequencedMap<String, List<StepMetrics>> steps = new LinkedHashMap<>();
        runs.forEach(run -> steps.put(run.name(), run.steps()));
        List<CurveChart.Field> fields = new ArrayList<>();
        for (Quantity quantity : Quantity.values()) {
            for (Along along : Along.values()) {
                RunCurves.field(quantity, along, steps).ifPresent(fields::add);
            }
        }
        if (!fields.isEmpty()) {
            page.section("Curves", "Left by steps, right by tokens; long runs as means over some steps.")
                    .raw(CurveChart.of(fields).svg())
                    .endSection();
        }
        List<List<String>> keys = new ArrayList<>();
        differences().forEach((key, values) -> {
            List<String> cells = new ArrayList<>(List.of(key));
            cells.addAll(values);
            keys.add(cells);
        });
        page.section(
                "Configuration",
                keys.isEmpty() ? "The configurations are equal." : "Keys that do not have the same value everywhere.");
        if (!keys.isEmpty()) {
            page.table(heads, keys, heads.size());
        }
        return page.endSection().finish();
    }
}
