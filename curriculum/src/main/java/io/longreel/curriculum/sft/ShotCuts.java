package io.longreel.curriculum.sft;

import io.longreel.curriculum.video.VideoReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Where a video changes from one shot to the next. Frames are compared a few times a second; a change above the threshold that is larger than
 * those beside it may be a cut. It is one if a single frame in between jumps as far, and that frame is the first of the new shot. Dissolves
 * pass unseen. Runs on a decoding thread.
 */
final class ShotCuts {
    private static final double LOOKS_PER_SECOND = 4;
    private static final long FRAME_BYTES = 3L * FrameSignature.SIDE * FrameSignature.SIDE;

    /**
     * A change of shot.
     *
     * @param before a frame of the old shot, by its number in the file
     * @param after a frame of the new one
     */
    record Cut(int before, int after, double seconds) {}

    private ShotCuts() {}

    /**
     * What may be the cuts of a video, in order, each known up to a quarter of a second.
     *
     * @param video gives frames of {@link FrameSignature#SIDE} pixels
     * @param threshold least {@link FrameSignature#distance} between two looks
     */
    static List<Cut> find(VideoReader video, double threshold) {
        double framesPerSecond = video.frameCount() / Math.max(1e-3, video.durationSeconds());
        int step = (int) Math.max(1, Math.round(framesPerSecond / LOOKS_PER_SECOND));
        List<Double> changes = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb_hw3 = arena.allocate(FRAME_BYTES);
            FrameSignature last = look(video, 0, rgb_hw3);
            for (int frame = step; frame < video.frameCount(); frame += step) {
                FrameSignature next = look(video, frame, rgb_hw3);
                changes.add(last.distance(next));
                last = next;
            }
        }
        List<Cut> cuts = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            double before = i == 0 ? 0 : changes.get(i - 1);
            double after = i == changes.size() - 1 ? 0 : changes.get(i + 1);
            if (changes.get(i) >= threshold && changes.get(i) > before && changes.get(i) >= after) {
                cuts.add(new Cut(i * step, (i + 1) * step, video.seconds((i + 1) * step)));
            }
        }
        return cuts;
    }

    /**
     * Time of the first frame of the new shot. Empty when no frame differs from the one before it by the threshold: then what looked like a cut is a
     * fast move, which needs several frames for the same way.
     */
    static OptionalDouble exactSeconds(VideoReader video, Cut cut, double threshold) {
        int first = cut.after();
        double largest = -1;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb_hw3 = arena.allocate(FRAME_BYTES);
            FrameSignature last = look(video, cut.before(), rgb_hw3);
            for (int frame = cut.before() + 1; frame <= cut.after(); frame++) {
                FrameSignature next = look(video, frame, rgb_hw3);
                double change = last.distance(next);
                if (change > largest) {
                    largest = change;
                    first = frame;
                }
                last = next;
            }
        }
        return largest >= threshold ? OptionalDouble.of(video.seconds(first)) : OptionalDouble.empty();
    }

    private static FrameSignature look(VideoReader video, int frame, MemorySegment rgb_hw3) {
        video.read(new int[] {frame}, rgb_hw3);
        return FrameSignature.of(rgb_hw3);
    }
}
