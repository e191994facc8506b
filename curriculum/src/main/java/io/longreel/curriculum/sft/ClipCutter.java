package io.longreel.curriculum.sft;

import io.longreel.curriculum.video.VideoReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Cuts a video into clips of about one length: at the change of shot that is nearest to the mark, if there is one within a third of a clip, and
 * else exactly at the mark. No clip is shorter than the least length; a rest that would be stays with the clip before it. Pure but for
 * {@link #cut}, which decodes.
 */
final class ClipCutter {
    /** Pauses shorter than that make no clip; longer than a third of one only where clips are that short. */
    private static final double SECONDS_MIN = 3;

    private static final double REACH = 1.0 / 3;

    private ClipCutter() {}

    /** Opens a video, looks for its cuts and cuts it. */
    static List<Clip> cut(Path video, SftSettings.Cutting cutting) {
        try (VideoReader reader = VideoReader.open(video, FrameSignature.SIDE)) {
            List<ShotCuts.Cut> cuts = ShotCuts.find(reader, cutting.shotThreshold());
            return clips(
                    reader.durationSeconds(),
                    cuts,
                    cutting.clipSeconds(),
                    cut -> ShotCuts.exactSeconds(reader, cut, cutting.shotThreshold()));
        }
    }

    /**
     * @param exactSeconds asked for cuts that would be used: when they are, or that they are none
     */
    static List<Clip> clips(
            double durationSeconds,
            List<ShotCuts.Cut> cuts,
            double clipSeconds,
            Function<ShotCuts.Cut, OptionalDouble> exactSeconds) {
        double leastSeconds = Math.min(SECONDS_MIN, clipSeconds / 2);
        List<Clip> clips = new ArrayList<>();
        double from = 0;
        while (durationSeconds - from >= clipSeconds + leastSeconds) {
            double to = end(from, durationSeconds, cuts, clipSeconds, leastSeconds, exactSeconds);
            clips.add(clip(clips.size(), from, to));
            from = to;
        }
        clips.add(clip(clips.size(), from, Math.max(durationSeconds, from + 1e-3)));
        return clips;
    }

    private static double end(
            double from,
            double durationSeconds,
            List<ShotCuts.Cut> cuts,
            double clipSeconds,
            double leastSeconds,
            Function<ShotCuts.Cut, OptionalDouble> exactSeconds) {
        double mark = from + clipSeconds;
        double earliest = Math.max(mark - REACH * clipSeconds, from + leastSeconds);
        double latest = Math.min(mark + REACH * clipSeconds, durationSeconds - leastSeconds);
        return cuts.stream()
                .filter(cut -> cut.seconds() >= earliest && cut.seconds() <= latest)
                .sorted(Comparator.comparingDouble(cut -> Math.abs(cut.seconds() - mark)))
                .map(exactSeconds)
                .flatMapToDouble(OptionalDouble::stream)
                .filter(at -> at >= from + leastSeconds) // the exact time is a little earlier
                .findFirst()
                .orElse(mark);
    }

    private static Clip clip(int index, double from, double to) {
        return new Clip(index, Math.round(1000 * from), Math.round(1000 * to));
    }
}
