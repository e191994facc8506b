package io.longreel.runtime.cli;

import io.longreel.curriculum.sft.SftListener;
import io.longreel.curriculum.sft.SftProgress;
import io.longreel.runtime.dashboard.Rate;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * Shows how a data set grows: on a terminal one line that is drawn over again, elsewhere a plain line now and then. Videos that are left out get a
 * line that stays.
 */
final class SftProgressLine implements SftListener {
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

    SftProgressLine(PrintWriter out, PrintWriter err, boolean isTerminal, InstantSource clock) {
        this.out = out;
        this.err = err;
        this.isTerminal = isTerminal;
        this.clock = clock;
        this.shownMs = clock.millis() - PLAIN_INTERVAL_MS;
        rate.reach(clock.millis(), 0);
    }

    @Override
    public synchronized void progressed(SftProgress progress) {
        long nowMs = clock.millis();
        rate.reach(nowMs, progress.clipsAsked());
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
    public synchronized void skipped(Path video, String reason) {
        clear();
        err.println("longreel: left out: %s: %s".formatted(video, reason));
        err.flush();
    }

    /** Makes room for a line that stays. */
    synchronized void clear() {
        if (isTerminal) {
            out.print(REDRAW);
            out.flush();
        }
    }

    private String line(SftProgress progress) {
        String skipped = progress.videosSkipped() == 0 ? "" : ", %d left out".formatted(progress.videosSkipped());
        return "videos %d/%d%s, clips %d/%d%s"
                .formatted(
                        progress.videosDone(),
                        progress.videos(),
                        skipped,
                        progress.clipsCaptioned(),
                        progress.clips(),
                        left(progress));
    }

    private String left(SftProgress progress) {
        double perSecond = rate.perSecond();
        double left = progress.clipsLeft();
        if (perSecond == 0 || left == 0) {
            return "";
        }
        long seconds = Math.round(left / perSecond);
        String time = seconds < 3600
                ? "%d:%02d".formatted(seconds / 60, seconds % 60)
                : "%d h %02d min".formatted(seconds / 3600, seconds / 60 % 60);
        return ", %.1f clips/min, ~%s left".formatted(60 * perSecond, time);
    }
}
