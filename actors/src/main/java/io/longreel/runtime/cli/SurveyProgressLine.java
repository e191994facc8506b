package io.longreel.runtime.cli;

import java.io.PrintWriter;
import java.time.InstantSource;

/**
 * Shows on stderr how far a look at many records has come: on a terminal one line that is drawn over again, elsewhere a plain line now and then. Used by
 * one thread.
 */
final class SurveyProgressLine {
    private static final long TERMINAL_INTERVAL_MS = 100;
    private static final long PLAIN_INTERVAL_MS = 10_000;
    private static final String REDRAW = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean isTerminal;
    private final InstantSource clock;
    private String what = "";
    private long total;
    private long begunMs;
    private long shownMs;
    private boolean isShown;

    SurveyProgressLine(PrintWriter err, boolean isTerminal, InstantSource clock) {
        this.err = err;
        this.isTerminal = isTerminal;
        this.clock = clock;
    }

    /** Nothing is shown of what is done before the first interval is over. */
    void begin(String title, long records) {
        what = title;
        total = records;
        begunMs = clock.millis();
        shownMs = begunMs;
    }

    void reach(long done) {
        long nowMs = clock.millis();
        if (nowMs - shownMs < (isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) {
            return;
        }
        shownMs = nowMs;
        long leftSeconds = Math.round((nowMs - begunMs) / 1e3 / done * (total - done));
        String line =
                "%s: %d of %d records, ~%d:%02d left".formatted(what, done, total, leftSeconds / 60, leftSeconds % 60);
        if (isTerminal) {
            err.print(REDRAW + line);
            isShown = true;
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Makes room for what stays. */
    void clear() {
        if (isShown) {
            err.print(REDRAW);
            err.flush();
            isShown = false;
        }
    }
}
