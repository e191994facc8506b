package io.longreel.runtime.cli;

import io.longreel.curriculum.sft.SftListener;
import io.longreel.curriculum.sft.SftProgress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;

/** Shows how a data set grows; videos that are left out get a line that stays. */
final class SftProgressLine implements SftListener {
    private final PrintWriter err;
    private final LiveLine line;

    SftProgressLine(PrintWriter out, PrintWriter err, boolean isTerminal, InstantSource clock) {
        this.err = err;
        this.line = new LiveLine(out, isTerminal, clock, true);
    }

    @Override
    public void progressed(SftProgress progress) {
        line.reach(progress.clipsAsked(), () -> text(progress));
    }

    @Override
    public synchronized void skipped(Path video, String reason) {
        clear();
        err.println("longreel: left out: %s: %s".formatted(video, reason));
        err.flush();
    }

    /** Makes room for a line that stays. */
    void clear() {
        line.clear();
    }

    private String text(SftProgress progress) {
        String skipped = progress.videosSkipped() == 0 ? "" : ", %d left out".formatted(progress.videosSkipped());
        return "videos %d/%d%s, clips %d/%d%s"
                .formatted(
                        progress.videosDone(),
                        progress.videos(),
                        skipped,
                        progress.clipsCaptioned(),
                        progress.clips(),
                        line.pace(progress.clipsLeft(), " clips"));
    }
}
