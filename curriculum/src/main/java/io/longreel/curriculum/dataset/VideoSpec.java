package io.longreel.curriculum.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A video as a cutting list: stretches of the run's footage one after the other, each with its own brightness and perhaps mirrored, and
 * perhaps a needle card in one frame. A few bytes however long the video is; {@link VideoFrames} makes pixels of it.
 *
 * @param frames frames of the video; the segments have exactly as many
 */
public record VideoSpec(int frames, List<Segment> segments, Optional<Needle> needle) {
    static final int SEGMENT_FRAMES_MAX = 64;

    private static final int SEGMENT_FRAMES_MIN = 8;
    private static final double GAIN_MIN = 0.6;
    private static final double GAIN_MAX = 1.2;

    /**
     * @param footageFrame first frame, in the footage's own numbering
     * @param frames consecutive frames, at least 1
     * @param gain factor on the pixel values, which are clamped afterwards
     * @param mirrored left and right change places
     */
    public record Segment(int footageFrame, int frames, float gain, boolean mirrored) {}

    public VideoSpec {
        segments = List.copyOf(segments);
        int total = segments.stream().mapToInt(Segment::frames).sum();
        if (total != frames) {
            throw new IllegalArgumentException(
                    "segments must cover the video: segmentFrames=%d frames=%d".formatted(total, frames));
        }
        if (needle.isPresent() && needle.get().frame() >= frames) {
            throw new IllegalArgumentException("needle must lie in the video: needleFrame=%d frames=%d"
                    .formatted(needle.get().frame(), frames));
        }
    }

    /** A haystack of {@code frames} frames out of footage that has {@code footageFrames}. */
    public static VideoSpec draw(int frames, int footageFrames, RandomGenerator random) {
        List<Segment> segments = new ArrayList<>();
        int missing = frames;
        while (missing > 0) {
            int wanted = Math.min(frames, random.nextInt(SEGMENT_FRAMES_MIN, SEGMENT_FRAMES_MAX + 1));
            int from = footageFrames > wanted ? random.nextInt(footageFrames - wanted) : 0;
            float gain = (float) random.nextDouble(GAIN_MIN, GAIN_MAX);
            boolean mirrored = random.nextBoolean();
            int length = Math.min(missing, Math.min(wanted, footageFrames));
            segments.add(new Segment(from, length, gain, mirrored));
            missing -= length;
        }
        return new VideoSpec(frames, segments, Optional.empty());
    }

    public VideoSpec withNeedle(Needle hidden) {
        return new VideoSpec(frames, segments, Optional.of(hidden));
    }

    /** The first {@code length} frames; a needle behind them is gone. */
    public VideoSpec prefix(int length) {
        List<Segment> kept = new ArrayList<>();
        int missing = length;
        for (Segment segment : segments) {
            if (missing == 0) {
                break;
            }
            int taken = Math.min(missing, segment.frames());
            kept.add(new Segment(segment.footageFrame(), taken, segment.gain(), segment.mirrored()));
            missing -= taken;
        }
        return new VideoSpec(length, kept, needle.filter(hidden -> hidden.frame() < length));
    }
}
