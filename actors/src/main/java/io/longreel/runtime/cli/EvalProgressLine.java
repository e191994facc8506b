package io.longreel.runtime.cli;

import io.longreel.curriculum.eval.task.EvaluationListener;
import io.longreel.curriculum.eval.task.EvaluationProgress;
import io.longreel.runtime.dashboard.Rate;
import java.io.PrintWriter;
import java.time.InstantSource;

/**
 * Shows how an evaluation gets on: on a terminal one line that is drawn over again, elsewhere a plain line now and then. Trouble gets a line that
 * stays.
 */
final class EvalProgressLine implements EvaluationListener {
    private static final long TERMINAL_INTERVAL_MS = 100;
    private static final int TERMINAL_COLUMNS = 80;
    private static final long PLAIN_INTERVAL_MS = 10_000;
    private static final long RATE_WINDOW_MS = 120_000;
    private static final String REDRAW = "\r\u001b[K";

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean isTerminal;
    private final InstantSource clock;
    private final Rate rate = new Rate(RATE_WINDOW_MS);
    private long shownMs;

    EvalProgressLine(PrintWriter out, PrintWriter err, boolean isTerminal, InstantSource clock) {
        this.out = out;
        this.err = err;
        this.isTerminal = isTerminal;
        this.clock = clock;
        this.shownMs = clock.millis();
        rate.reach(shownMs, 0);
    }

    @Override
    public synchronized void progressed(EvaluationProgress progress) {
        long nowMs = clock.millis();
        rate.reach(nowMs, progress.asked());
        if (nowMs - shownMs < (isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) {
            return;
        }
        shownMs = nowMs;
        String line = line(progress);
        if (isTerminal) {
            out.print(REDRAW + line.substring(0, Math.min(line.length(), TERMINAL_COLUMNS - 1)));
        } else {
            out.println(line);
        }
        out.flush();
    }

    @Override
    public synchronized void trouble(String line) {
        clear();
        err.println("longreel: " + line);
        err.flush();
    }

    /** Makes room for a line that stays. */
    synchronized void clear() {
        if (isTerminal) {
            out.print(REDRAW);
            out.flush();
        }
    }

    private String line(EvaluationProgress progress) {
        String troubled = progress.troubled() == 0 ? "" : ", %d with trouble".formatted(progress.troubled());
        double perSecond = rate.perSecond();
        int left = progress.total() - progress.done();
        String time = perSecond == 0 || left == 0
                ? ""
                : ", %.1f/min, ~%s left".formatted(60 * perSecond, time(Math.round(left / perSecond)));
        return "questions %d/%d%s%s".formatted(progress.done(), progress.total(), troubled, time);
    }

    private static String time(long seconds) {
        return seconds < 3600
                ? "%d:%02d".formatted(seconds / 60, seconds % 60)
                : "%d h %02d min".formatted(seconds / 3600, seconds / 60 % 60);
    }
}
