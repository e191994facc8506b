package io.longreel.runtime.cli;

import io.longreel.runtime.dashboard.Rate;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.function.Supplier;

/** How work gets on: on a terminal one line that is drawn over again, elsewhere a plain line now and then. Any thread. */
final class LiveLine {
    private static final long TERMINAL_INTERVAL_MS = 100;
    private static final int TERMINAL_COLUMNS = 80;
    private static final long PLAIN_INTERVAL_MS = 10_000;
    private static final long RATE_WINDOW_MS = 120_000;
    private static final String REDRAW = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean isTerminal;
    private final InstantSource clock;
    private final Rate rate = new Rate(RATE_WINDOW_MS);
    private long shownMs;

    /** @param atOnce whether the first line does not wait for an interval to pass */
    LiveLine(PrintWriter out, boolean isTerminal, InstantSource clock, boolean atOnce) {
        this.out = out;
        this.isTerminal = isTerminal;
        this.clock = clock;
        long nowMs = clock.millis();
        this.shownMs = atOnce ? nowMs - PLAIN_INTERVAL_MS : nowMs;
        rate.reach(nowMs, 0);
    }

    /**
     * So much is done.
     *
     * @param line asked for when it is shown
     */
    synchronized void reach(int done, Supplier<String> line) {
        long nowMs = clock.millis();
        rate.reach(nowMs, done);
        if (nowMs - shownMs < (isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) {
            return;
        }
        shownMs = nowMs;
        String text = line.get();
        if (isTerminal) {
            out.print(REDRAW + text.substring(0, Math.min(text.length(), TERMINAL_COLUMNS - 1)));
        } else {
            out.println(text);
        }
        out.flush();
    }

    /** Makes room for a line that stays. */
    synchronized void clear() {
        if (isTerminal) {
            out.print(REDRAW);
            out.flush();
        }
    }

    /**
     * Pace and time that is left, such as {@code , 12.0 clips/min, ~1:05 left}; empty while nobody can tell.
     *
     * @param unit with a space in front; empty = none
     */
    synchronized String pace(double left, String unit) {
        double perSecond = rate.perSecond();
        if (perSecond == 0 || left == 0) {
            return "";
        }
        long seconds = Math.round(left / perSecond);
        String time = seconds < 3600
                ? "%d:%02d".formatted(seconds / 60, seconds % 60)
                : "%d h %02d min".formatted(seconds / 3600, seconds / 60 % 60);
        return ", %.1f%s/min, ~%s left".formatted(60 * perSecond, unit, time);
    }
}
