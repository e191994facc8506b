package io.longreel.curriculum.sft;

/**
 * How far a build is.
 *
 * @param videosCut videos whose clips are counted in {@code clips}
 * @param videosDone videos with a result, new or from an earlier build
 * @param clipsCaptioned clips with a caption, new or from an earlier build
 * @param clipsAsked of them, those captioned by this build
 */
public record SftProgress(
        int videos, int videosCut, int videosDone, int videosSkipped, int clips, int clipsCaptioned, int clipsAsked) {

    /** Clips that are left, those of videos that are not cut yet guessed from the others; 0 when nothing is known. */
    public double clipsLeft() {
        double perVideo = videosCut == 0 ? 0 : (double) clips / videosCut;
        int uncut = Math.max(0, videos - videosSkipped - videosCut);
        return Math.max(0, clips - clipsCaptioned) + perVideo * uncut;
    }
}
