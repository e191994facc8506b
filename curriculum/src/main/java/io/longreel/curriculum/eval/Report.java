package io.longreel.curriculum.eval;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A run on one page: the needle tests side by side, the loss by stage, the mesh, the figures, and the configuration as it ran. One HTML file
 * that holds everything it shows; it can be mailed, and opens without a network. Written atomically.
 *
 * @param steps as {@link StepMetrics#read} gives them
 * @param needles results of the run's needle tests, in the order of its stages
 * @param filmStrip PNG of what a test looks like ({@link FilmStrip}); empty leaves it out
 */
public record Report(
        RunConfig config, List<StepMetrics> steps, List<NeedleResults> needles, Optional<byte[]> filmStrip) {

    private static final String STYLE = """
            :root { --ink: #1f2733; --faint: #68717f; --line: #e3e6eb; --card: #ffffff; --page: #f6f7f9; }
            * { box-sizing: border-box; }
            body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
              font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
            header { background: linear-gradient(120deg, #1d2a44, #2d4f6c 60%, #3c7a78); color: #fff; padding: 44px 0 92px; }
            main, header > div { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
            main { margin-top: -58px; padding-bottom: 56px; }
            h1 { margin: 0; font-size: 34px; letter-spacing: -.01em; } header p { margin: 8px 0 0; opacity: .85; max-width: 70ch; }
            h2 { font-size: 19px; margin: 0 0 4px; } .note { color: var(--faint); margin: 0 0 16px; font-size: 14px; }
            section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 24px 26px; margin-top: 22px; }
            .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 14px; margin: 0; }
            .figures div { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px; }
            .figures dt { color: var(--faint); font-size: 13px; } .figures dd { margin: 0; font-size: 25px; font-weight: 650; letter-spacing: -.01em; }
            .pair { display: flex; flex-wrap: wrap; gap: 18px; align-items: flex-start; }
            svg, img { width: 100%; height: auto; display: block; } .mesh svg { max-width: 760px; margin: 0 auto; }
            img { image-rendering: pixelated; border-radius: 6px; margin-top: 14px; }
            .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; white-space: nowrap; }
            th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
            th { color: var(--faint); font-weight: 500; } th:first-child, td:first-child, .words { text-align: left; }
            i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; }
            pre { background: #f3f5f8; border-radius: 10px; padding: 16px; overflow-x: auto; font-size: 12.5px; line-height: 1.45; }
            summary { cursor: pointer; color: var(--faint); }
            @media print { body { background: #fff; } section { break-inside: avoid; } }
            """;

    public Report {
        steps = List.copyOf(steps);
        needles = List.copyOf(needles);
    }

    /** Writes the page to {@code file}. */
    public void write(Path file) {
        DurableFile.write(file, html().getBytes(StandardCharsets.UTF_8));
    }

    String html() {
        StringBuilder page = new StringBuilder();
        page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escape("Longreel: " + config.name()))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style></head><body>\n<header><div><h1>")
                .append(escape(config.name()))
                .append("</h1><p>")
                .append(escape(subtitle()))
                .append("</p></div></header>\n<main>\n");
        appendFigures(page);
        appendNeedles(page);
        appendLoss(page);
        appendMesh(page);
        appendConfiguration(page);
        return page.append("</main></body></html>\n").toString();
    }

    private String subtitle() {
        String stages = config.stages().stream().map(StageSettings::name).collect(Collectors.joining(", "));
        return "A long-video model trained by Longreel through %d stages: %s. Seed %d."
                .formatted(config.stages().size(), stages, config.seed());
    }

    private void appendFigures(StringBuilder page) {
        double seconds = steps.stream().mapToDouble(StepMetrics::durationMs).sum() / 1000;
        long tokens = steps.stream().mapToLong(StepMetrics::tokens).sum();
        page.append("<dl class=\"figures\">\n");
        for (NeedleResults result : needles) {
            figure(page, "needles found, " + stageOf(result), format("%.1f %%", 100 * result.accuracy()));
        }
        needles.stream()
                .flatMap(result -> result.cells().stream())
                .mapToInt(NeedleResults.Cell::frames)
                .max()
                .ifPresent(frames -> figure(page, "frames in the longest test", format("%,d", frames)));
        figure(page, "steps", format("%,d", steps.size()));
        figure(page, "tokens", shortCount(tokens));
        figure(page, "time in steps", duration(seconds));
        if (seconds > 0) {
            figure(page, "tokens per second", format("%,.0f", tokens / seconds));
        }
        figure(
                page,
                "ranks on nodes",
                format("%d on %d", config.mesh().worldSize(), config.cluster().nodes()));
        page.append("</dl>\n");
    }

    private void appendNeedles(StringBuilder page) {
        if (needles.isEmpty()) {
            return;
        }
        page.append("<section><h2>Needle in a haystack</h2><p class=\"note\">")
                .append("A card with a digit hides in one frame of a video; the model is asked for the digit. ")
                .append("Each cell is the share of right answers at one length and depth.</p>\n<div class=\"pair\">\n");
        for (NeedleResults result : needles) {
            HeatMap map = HeatMap.of(result, "after stage " + stageOf(result));
            // Shares of the line in proportion to the pictures' widths: cells of all maps have the same size.
            page.append(format("<div style=\"flex: %.0f 1 %.0fpx\">", map.width(), map.width() * 0.8))
                    .append(map.svg())
                    .append("</div>\n");
        }
        page.append("</div>\n");
        filmStrip.ifPresent(png -> page.append("<img alt=\"frames around a needle\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(png))
                .append("\">\n<p class=\"note\">What the model sees: the frames around one needle.</p>\n"));
        page.append("</section>\n");
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

    private void appendLoss(StringBuilder page) {
        if (steps.isEmpty()) {
            return;
        }
        page.append("<section><h2>Loss by stage</h2><p class=\"note\">Faint: each step. Strong: running mean.</p>\n")
                .append(LossCurve.of(steps).svg())
                .append("<div class=\"scroll\"><table><tr><th>stage</th><th class=\"words\">trains</th><th>steps</th>")
                .append("<th>tokens</th><th>time</th><th>tokens/s</th><th>longest context</th>")
                .append("<th>first loss</th><th>last 20 losses</th></tr>\n");
        for (int i = 0; i < config.stages().size(); i++) {
            appendStage(page, i);
        }
        page.append("</table></div></section>\n");
    }

    private void appendStage(StringBuilder page, int stageIndex) {
        StageSettings stage = config.stages().get(stageIndex);
        List<StepMetrics> own =
                steps.stream().filter(step -> step.stageIndex() == stageIndex).toList();
        double seconds = own.stream().mapToDouble(StepMetrics::durationMs).sum() / 1000;
        long tokens = own.stream().mapToLong(StepMetrics::tokens).sum();
        String parts = stage.trainable().stream()
                .sorted()
                .map(part -> part.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
        page.append("<tr><td><i style=\"background:%s\"></i>%s</td><td class=\"words\">%s</td>"
                .formatted(format("#%06x", LossCurve.stageColour(stageIndex)), escape(stage.name()), escape(parts)));
        cell(page, format("%,d of %,d", own.size(), stage.steps()));
        cell(page, shortCount(tokens));
        cell(page, duration(seconds));
        cell(page, seconds > 0 ? format("%,.0f", tokens / seconds) : "");
        cell(page, format("%,d", stage.contextTokensMax()));
        cell(page, own.isEmpty() ? "" : format("%.3f", own.getFirst().loss()));
        double last = own.subList(Math.max(0, own.size() - 20), own.size()).stream()
                .mapToDouble(StepMetrics::loss)
                .average()
                .orElse(Double.NaN);
        cell(page, own.isEmpty() ? "" : format("%.4f", last));
        page.append("</tr>\n");
    }

    private void appendMesh(StringBuilder page) {
        page.append("<section class=\"mesh\"><h2>The mesh</h2><p class=\"note\">")
                .append("A packed sequence is cut over ring × Ulysses ranks: heads are exchanged inside a node, ")
                .append("keys and values rotate over the nodes.</p>\n")
                .append(MeshPicture.of(
                                config.mesh(),
                                config.cluster().nodes(),
                                config.cluster().ranksPerNode())
                        .svg())
                .append("</section>\n");
    }

    private void appendConfiguration(StringBuilder page) {
        page.append(
                        "<section><h2>Configuration</h2><details><summary>as resolved; it starts the same run again</summary><pre>")
                .append(escape(RunConfigLoader.render(config)))
                .append("</pre></details></section>\n");
    }

    private static void figure(StringBuilder page, String name, String value) {
        page.append("<div><dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
                .append("</dd></div>\n");
    }

    private static void cell(StringBuilder page, String text) {
        page.append("<td>").append(escape(text)).append("</td>");
    }

    private static String shortCount(long count) {
        return count >= 10_000_000
                ? format("%.0f M", count / 1e6)
                : count >= 1_000_000 ? format("%.1f M", count / 1e6) : format("%,d", count);
    }

    private static String duration(double seconds) {
        return seconds < 100
                ? format("%.0f s", seconds)
                : format("%d:%02d min", (long) seconds / 60, (long) seconds % 60);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    private static String escape(String text) {
        return SvgDrawing.escape(text);
    }
}
