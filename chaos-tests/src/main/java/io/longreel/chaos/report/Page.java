package io.longreel.chaos.report;

import io.longreel.chaos.scenario.Incident;
import io.longreel.chaos.scenario.ScenarioResult;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Results as one page of HTML: the matrix, and under each scenario a timeline per fault, drawn as SVG in the page itself. */
final class Page {
    private static final String STYLE = """
            body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24;background:#fff}
            h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}table{border-collapse:collapse;width:100%}
            th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #d8dee4;white-space:nowrap}
            td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.passed{color:#1a7f37}.failed{color:#cf222e;font-weight:600}
            .skipped{color:#6e7781}.scroll{overflow-x:auto}p.note{color:#57606a;margin:.2rem 0}li{white-space:pre-wrap}
            svg{width:100%;height:auto;font:12px system-ui,sans-serif}
            @media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}p.note{color:#8d96a0}
            .passed{color:#3fb950}.failed{color:#f85149}svg text{fill:#e6edf3}}
            """;

    private Page() {}

    static String of(List<ScenarioResult> results) {
        String rows = results.stream().map(Page::row).collect(Collectors.joining("\n"));
        String details = results.stream().map(Page::detail).collect(Collectors.joining("\n"));
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
                <title>Longreel: faults and recoveries</title><style>%s</style></head><body>
                <h1>Faults and recoveries</h1>
                <p>%s. Times run from the moment a fault struck; of several faults in one run the longest counts.</p>
                <div class="scroll"><table><thead><tr><th>scenario<th>fault<th>phase<th>result<th class="n">noticed<th class="n">restored\
                <th class="n">next commit<th class="n">steps lost<th class="n">steps again</tr></thead><tbody>
                %s
                </tbody></table></div>
                %s
                </body></html>
                """.formatted(STYLE, Matrix.sum(results), rows, details);
    }

    private static String row(ScenarioResult result) {
        String verdict = verdict(result);
        List<Incident> incidents = result.incidents();
        return "<tr><td><a href=\"#%s\">%s</a><td>%s<td>%s<td class=\"%s\">%s<td class=\"n\">%s<td class=\"n\">%s<td class=\"n\">%s<td class=\"n\">%d<td class=\"n\">%d</tr>"
                .formatted(
                        result.name(),
                        result.name(),
                        escaped(result.fault()),
                        escaped(result.phase()),
                        verdict,
                        verdict,
                        Matrix.seconds(Matrix.longest(incidents, Times::toNotice)),
                        Matrix.seconds(Matrix.longest(incidents, Times::toRestore)),
                        Matrix.seconds(Matrix.longest(incidents, Times::toCommit)),
                        incidents.stream().mapToInt(Incident::stepsLost).sum(),
                        incidents.stream().mapToInt(Incident::stepsAgain).sum());
    }

    private static String detail(ScenarioResult result) {
        String complaints = result.complaints().isEmpty()
                ? ""
                : "<ul>%s</ul>"
                        .formatted(result.complaints().stream()
                                .map(complaint -> "<li>" + escaped(complaint))
                                .collect(Collectors.joining()));
        String timelines = result.incidents().stream().map(TimelineDrawing::of).collect(Collectors.joining("\n"));
        return """
                <section id="%s"><h2>%s <span class="%s">%s</span></h2><p class="note">%s</p>%s%s</section>
                """.formatted(
                        result.name(),
                        result.name(),
                        verdict(result),
                        verdict(result),
                        escaped(result.summary()),
                        complaints,
                        timelines);
    }

    private static String verdict(ScenarioResult result) {
        return result.verdict().name().toLowerCase(Locale.ROOT);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
