package io.longreel.curriculum.sft;

import java.nio.file.Path;

/** Counts what has been done and tells the listener, one thing at a time. Used by all threads. */
final class BuildProgress {
    private final SftListener listener;
    private final int videos;
    private int videosCut;
    private int videosDone;
    private int videosSkipped;
    private int clips;
    private int clipsCaptioned;
    private int clipsAsked;

    BuildProgress(SftListener listener, int videos) {
        this.listener = listener;
        this.videos = videos;
    }

    synchronized void cut(VideoJob job) {
        int found = job.known().map(VideoText::clips).orElse(job.clips().size());
        if (found > 0) {
            videosCut++;
            clips += found;
            clipsCaptioned += job.known().isPresent() ? found : 0;
        }
        tell();
    }

    synchronized void captioned(boolean asked) {
        clipsCaptioned++;
        clipsAsked += asked ? 1 : 0;
        tell();
    }

    synchronized void ended(VideoResult result) {
        if (result.text().isPresent()) {
            videosDone++;
        } else {
            videosSkipped++;
            Path path = result.video().path();
            listener.skipped(path, result.trouble());
        }
        tell();
    }

    synchronized int clipsAsked() {
        return clipsAsked;
    }

    private void tell() {
        listener.progressed(
                new SftProgress(videos, videosCut, videosDone, videosSkipped, clips, clipsCaptioned, clipsAsked));
    }
}
