package io.longreel.curriculum.eval;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A run on one page: the needle tests side by side, the loss by stage, the mesh, the figures, and the configuration as it ran. One HTML file
 * that holds everything it shows; it can be mailed, and opens without a network. Written atomically.
 *
 * @param steps as {@link StepMetrics#read} gives them
 * @param needles results of the run's needle tests, in the order of its stages
 * @param filmStrip PNG of what a test looks like ({@link FilmStrip}); empty leaves it out
 * @param facts how it ended, and what is known besides
 */
public record Report(
        RunConfig config,
        List<StepMetrics> steps,
        List<NeedleResults> needles,
        Optional<byte[]> filmStrip,
        RunFacts facts) {
    private static final int FAULTS_SHOWN = 100;

    public Report {
        steps = List.copyOf(steps);
        needles = List.copyOf(needles);
    }

    /** Writes the page to {@code file}. */
    public void write(Path file) {
        DurableFile.write(file, html().getBytes(StandardCharsets.UTF_8));
    }

    String html() {
        HtmlPage page = new HtmlPage("Longreel: " + config.name(), config.name(), subtitle());
        appendFigures(page);
        if (!facts.isFinished()) {
            page.raw("<section class=\"outcome\"><h2>Not finished</h2><p>%s</p></section>\n"
                    .formatted(escape(facts.outcome())));
        }
        appendNeedles(page);
        appendLoss(page);
        appendCurves(page);
        appendFaults(page);
        appendMesh(page);
        appendMemory(page);
        appendRepeating(page);
        return page.finish();
    }

    private String subtitle() {
        String stages = config.stages().stream().map(StageSettings::name).collect(Collectors.joining(", "));
        return "A long-video model trained by Longreel through %d stages: %s. Seed %d."
                .formatted(config.stages().size(), stages, config.seed());
    }

    private void appendFigures(HtmlPage page) {
        double seconds = steps.stream().mapToDouble(StepMetrics::durationMs).sum() / 1000;
        long tokens = steps.stream().mapToLong(StepMetrics::tokens).sum();
        page.raw("<dl class=\"figures\">\n");
        for (NeedleResults result : needles) {
            page.figure("needles found, " + stageOf(result), format("%.1f %%", 100 * result.accuracy()));
        }
        needles.stream()
                .flatMap(result -> result.cells().stream())
                .mapToInt(NeedleResults.Cell::frames)
                .max()
                .ifPresent(frames -> page.figure("frames in the longest test", format("%,d", frames)));
        page.figure("steps", format("%,d", steps.size()));
        page.figure("tokens", HtmlPage.shortCount(tokens));
        page.figure("time in steps", HtmlPage.duration(seconds));
        if (facts.wallSeconds() > 0) {
            page.figure("from start to end", HtmlPage.duration(facts.wallSeconds()));
        }
        facts.goodput().ifPresent(goodput -> page.figure("goodput", format("%.1f %%", 100 * goodput)));
        page.figure("faults", format("%,d", facts.faults().size()));
        if (seconds > 0) {
            page.figure("tokens per second", format("%,.0f", tokens / seconds));
        }
        page.figure(
                "ranks on nodes",
                format("%d on %d", config.mesh().worldSize(), config.cluster().nodes()));
        page.raw("</dl>\n");
    }

    private void appendNeedles(HtmlPage page) {
        if (needles.isEmpty()) {
            return;
        }
        page.raw("<section><h2>Needle in a haystack</h2><p class=\"note\">")
                .raw("A card with a digit hides in one frame of a video; the model is asked for the digit. ")
                .raw("Each cell is the share of right answers at one length and depth.</p>\n<div class=\"pair\">\n");
        for (NeedleResults result : needles) {
            HeatMap map = HeatMap.of(result, "after stage " + stageOf(result));
            // Shares of the line in proportion to the pictures' widths: cells of all maps have the same size.
            page.raw(format("<div style=\"flex: %.0f 1 %.0fpx\">", map.width(), map.width() * 0.8))
                    .raw(map.svg())
                    .raw("</div>\n");
        }
        page.raw("</div>\n");
        filmStrip.ifPresent(png -> page.raw("<img alt=\"frames around a needle\" src=\"data:image/png;base64,")
                .raw(Base64.getEncoder().encodeToString(png))
                .raw("\">\n<p class=\"note\">What the model sees: the frames around one needle.</p>\n"));
        page.raw("</section>\n");
    }

    /** The stage after which a test was made; its own name when no stage asked for it. */
    private String stageOf(NeedleResults result) {
        return config.stages().stream()
                .filter(stage -> stage.evaluation()
                        .map(StageSettings.Needle::name)
                        .orElse("")
                        .equals(result.name()))
                .findFirst()
                .map(StageSettings::name)
                .orElse(result.name());
    }

    private void appendLoss(HtmlPage page) {
        if (steps.isEmpty()) {
            return;
        }
        page.raw("<section><h2>Loss by stage</h2><p class=\"note\">Faint: each step. Strong: running mean.</p>\n")
                .raw(LossCurve.of(steps).svg())
                .raw("<div class=\"scroll\"><table><tr><th>stage</th><th class=\"words\">trains</th><th>steps</th>")
                .raw("<th>tokens</th><th>time</th><th>tokens/s</th><th>longest context</th>")
                .raw("<th>first loss</th><th>last 20 losses</th></tr>\n");
        for (int i = 0; i < config.stages().size(); i++) {
            appendStage(page, i);
        }
        page.raw("</table></div></section>\n");
    }

    private void appendStage(HtmlPage page, int stageIndex) {
        StageSettings stage = config.stages().get(stageIndex);
        List<StepMetrics> own =
                steps.stream().filter(step -> step.stageIndex() == stageIndex).toList();
        double seconds = own.stream().mapToDouble(StepMetrics::durationMs).sum() / 1000;
        long tokens = own.stream().mapToLong(StepMetrics::tokens).sum();
        String parts = stage.trainable().stream()
                .sorted()
                .map(part -> part.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
        page.raw("<tr><td><i style=\"background:%s\"></i>%s</td><td class=\"words\">%s</td>"
                .formatted(format("#%06x", LossCurve.stageColour(stageIndex)), escape(stage.name()), escape(parts)));
        cell(page, format("%,d of %,d", own.size(), stage.steps()));
        cell(page, HtmlPage.shortCount(tokens));
        cell(page, HtmlPage.duration(seconds));
        cell(page, seconds > 0 ? format("%,.0f", tokens / seconds) : "");
        cell(page, format("%,d", stage.contextTokensMax()));
        cell(page, own.isEmpty() ? "" : format("%.3f", own.getFirst().loss()));
        double last = own.subList(Math.max(0, own.size() - 20), own.size()).stream()
                .mapToDouble(StepMetrics::loss)
                .average()
                .orElse(Double.NaN);
        cell(page, own.isEmpty() ? "" : format("%.4f", last));
        page.raw("</tr>\n");
    }

    private void appendMesh(HtmlPage page) {
        page.raw("<section class=\"mesh\"><h2>The mesh</h2><p class=\"note\">")
                .raw("A packed sequence is cut over ring × Ulysses ranks: heads are exchanged inside a node, ")
                .raw("keys and values rotate over the nodes.</p>\n")
                .raw(MeshPicture.of(
                                config.mesh(),
                                config.cluster().nodes(),
                                config.cluster().ranksPerNode())
                        .svg())
                .raw("</section>\n");
    }

    private void appendCurves(HtmlPage page) {
        SequencedMap<String, List<StepMetrics>> own = new LinkedHashMap<>(Map.of(config.name(), steps));
        List<CurveChart.Field> fields = Stream.of(
                        RunCurves.Quantity.GRADIENT_NORM, RunCurves.Quantity.TOKENS_PER_SECOND)
                .flatMap(quantity -> RunCurves.field(quantity, RunCurves.Along.STEPS, own).stream())
                .toList();
        if (!fields.isEmpty()) {
            page.section("Gradient norm and throughput", "Long runs as means over some steps.")
                    .raw(CurveChart.of(fields).svg());
            appendTimes(page);
            page.endSection();
        }
    }

    /** Where the steps' time went, over all of them. */
    private void appendTimes(HtmlPage page) {
        List<StepMetrics> measured =
                steps.stream().filter(step -> step.durationMs() > 0).toList();
        double totalMs = measured.stream().mapToDouble(StepMetrics::durationMs).sum();
        if (totalMs == 0) {
            return;
        }
        double waitedMs = measured.stream()
                .mapToDouble(step -> step.waitedShare() * step.durationMs())
                .sum();
        double dataMs =
                measured.stream().mapToDouble(step -> step.data().dataWaitMs()).sum();
        double snapshotMs =
                measured.stream().mapToDouble(StepMetrics::snapshotMs).sum();
        page.table(
                List.of("of the steps' time", "share"),
                List.of(
                        List.of("ranks waited for each other", format("%.1f %%", 100 * waitedMs / totalMs)),
                        List.of("waiting for samples, slowest rank", format("%.1f %%", 100 * dataMs / totalMs)),
                        List.of("snapshots, slowest rank", format("%.1f %%", 100 * snapshotMs / totalMs))),
                1);
    }

    private void appendFaults(HtmlPage page) {
        List<RunFacts.Fault> shown = facts.faults();
        if (shown.isEmpty()) {
            return;
        }
        page.section("Faults", facts.faultText())
                .table(
                        List.of("time (UTC)", "kind", "what"),
                        shown.stream()
                                .limit(FAULTS_SHOWN)
                                .map(fault -> List.of(
                                        fault.at()
                                                .truncatedTo(ChronoUnit.MILLIS)
                                                .toString(),
                                        fault.kind(),
                                        fault.text()))
                                .toList(),
                        3);
        if (shown.size() > FAULTS_SHOWN) {
            page.raw("<p class=\"note\">and %,d more, in the journal</p>".formatted(shown.size() - FAULTS_SHOWN));
        }
        page.endSection();
    }

    private void appendMemory(HtmlPage page) {
        if (!facts.peakBytes().isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            facts.peakBytes().forEach((process, bytes) -> rows.add(List.of(process, format("%,d MiB", bytes >> 20))));
            page.section(
                            "Memory",
                            "Most that was resident in each process, shared memory included; those that were killed did not say.")
                    .table(List.of("process", "peak"), rows, 1)
                    .endSection();
        }
        if (!facts.environment().isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            facts.environment().forEach((name, value) -> rows.add(List.of(name, value)));
            page.section("Environment", "Of the process that supervised the end.")
                    .table(List.of("", ""), rows, 2)
                    .endSection();
        }
    }

    private void appendRepeating(HtmlPage page) {
        page.section("Configuration", "");
        if (!facts.commands().isEmpty()) {
            page.raw(
                    "<p class=\"note\">How to go on with it, or to repeat it. On the same mesh and kind of processor it has the same bits.</p><pre>%s</pre>"
                            .formatted(escape(String.join("\n", facts.commands()))));
        }
        page.raw("<details><summary>as resolved; it starts the same run again</summary><pre>")
                .raw(escape(RunConfigLoader.render(config)))
                .raw("</pre></details>")
                .endSection();
    }

    private static void cell(HtmlPage page, String text) {
        page.raw("<td>").raw(escape(text)).raw("</td>");
    }

    private static String format(String pattern, Object... values) {
        return HtmlPage.format(pattern, values);
    }

    private static String escape(String text) {
        return HtmlPage.escape(text);
    }
}
