package io.longreel.chaos.report;

import io.longreel.chaos.scenario.Incident;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * One incident as a bar of SVG: from the fault to its notice, to the state that is back, to the next new commit. The scale is that of the incident
 * alone; the numbers below say how long it was.
 */
final class TimelineDrawing {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 58;
    private static final int BAR_TOP = 20;
    private static final int BAR_HEIGHT = 14;
    private static final int LEGEND_BASE = 50;

    private final StringBuilder bars = new StringBuilder();
    private final StringBuilder legend = new StringBuilder();
    private final long wholeMs;
    private long reachedMs;

    private TimelineDrawing(long wholeMs) {
        this.wholeMs = Math.max(1, wholeMs);
    }

    static String of(Incident incident) {
        String title = Page.escaped(incident.what());
        OptionalLong end = latest(Times.toNotice(incident), Times.toRestore(incident), Times.toCommit(incident));
        if (end.isEmpty()) {
            return "<p class=\"note\">%s: nobody had to be told, the run went on</p>".formatted(title);
        }
        TimelineDrawing drawing = new TimelineDrawing(end.getAsLong());
        drawing.part(Times.toNotice(incident), "#cf222e", "noticed");
        drawing.part(Times.toRestore(incident), "#bf8700", "restored");
        drawing.part(Times.toCommit(incident), "#1a7f37", "next commit");
        return """
                <svg viewBox="0 0 %d %d" role="img" aria-label="%s"><text x="0" y="14">%s</text>%s<text x="0" y="%d">%s</text></svg>""".formatted(WIDTH, HEIGHT, title, title, drawing.bars, LEGEND_BASE, drawing.legend);
    }

    private void part(OptionalLong endMs, String colour, String name) {
        if (endMs.isEmpty()) {
            return;
        }
        long toMs = Math.max(reachedMs, endMs.getAsLong());
        bars.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                WIDTH * (double) reachedMs / wholeMs,
                BAR_TOP,
                Math.max(1.0, WIDTH * (double) (toMs - reachedMs) / wholeMs),
                BAR_HEIGHT,
                colour));
        legend.append(String.format(
                Locale.ROOT,
                "<tspan style=\"fill:%s\">\u25a0</tspan> %s after %.2f s \u00a0 ",
                colour,
                name,
                toMs / 1000.0));
        reachedMs = toMs;
    }

    private static OptionalLong latest(OptionalLong... times) {
        return Arrays.stream(times).flatMapToLong(OptionalLong::stream).max();
    }
}
