package io.longreel.curriculum.eval;

import java.util.List;
import java.util.Locale;

/**
 * A page that holds everything it shows: no script, no address outside of it. What it is given as text is escaped. Belongs to one thread.
 */
final class HtmlPage {
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
            td.words { white-space: normal; overflow-wrap: break-word; }
            i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; }
            pre { background: #f3f5f8; border-radius: 10px; padding: 16px; overflow-x: auto; font-size: 12.5px; line-height: 1.45; }
            summary { cursor: pointer; color: var(--faint); }
            .outcome { background: #fff4e5; border-color: #f0b775; } ul { margin: 0; padding-left: 20px; }
            @media print { body { background: #fff; } section { break-inside: avoid; } }
            """;
    private final StringBuilder html = new StringBuilder();

    HtmlPage(String title, String heading, String subtitle) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escape(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style></head><body>\n<header><div><h1>")
                .append(escape(heading))
                .append("</h1><p>")
                .append(escape(subtitle))
                .append("</p></div></header>\n<main>\n");
    }

    /** The finished page; nothing can be added after it. */
    String finish() {
        return html.append("</main></body></html>\n").toString();
    }

    HtmlPage raw(String markup) {
        html.append(markup);
        return this;
    }

    HtmlPage section(String heading, String note) {
        html.append("<section><h2>").append(escape(heading)).append("</h2>");
        if (!note.isEmpty()) {
            html.append("<p class=\"note\">").append(escape(note)).append("</p>\n");
        }
        return this;
    }

    HtmlPage endSection() {
        html.append("</section>\n");
        return this;
    }

    /** A figure among others in a list of class {@code figures}. */
    HtmlPage figure(String name, String value) {
        html.append("<div><dt>%s</dt><dd>%s</dd></div>\n".formatted(escape(name), escape(value)));
        return this;
    }

    /** @param wordColumns columns from the first on that are words, and so begin at the left */
    HtmlPage table(List<String> heads, List<List<String>> rows, int wordColumns) {
        html.append("<div class=\"scroll\"><table>");
        row("th", heads, wordColumns);
        rows.forEach(cells -> row("td", cells, wordColumns));
        html.append("</table></div>\n");
        return this;
    }

    private void row(String tag, List<String> cells, int wordColumns) {
        html.append("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            html.append("<%s%s>%s</%s>"
                    .formatted(tag, i < wordColumns ? " class=\"words\"" : "", escape(cells.get(i)), tag));
        }
        html.append("</tr>\n");
    }

    static String shortCount(long count) {
        return count >= 10_000_000
                ? format("%.0f M", count / 1e6)
                : count >= 1_000_000 ? format("%.1f M", count / 1e6) : format("%,d", count);
    }

    static String duration(double seconds) {
        return seconds < 100
                ? format("%.0f s", seconds)
                : format("%d:%02d min", (long) seconds / 60, (long) seconds % 60);
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    static String escape(String text) {
        return SvgDrawing.escape(text);
    }
}
