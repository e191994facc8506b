package io.longreel.curriculum.sft;

import io.longreel.curriculum.video.FrameSampling;
import io.longreel.curriculum.video.VideoReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Frames of a whole video as pictures, for a model that takes no videos. Stateless. */
public final class VideoPictures {
    /** Frames in memory at a time, before they are pictures. */
    private static final int FRAMES_AT_ONCE = 16;

    private VideoPictures() {}

    /**
     * Frames that are evenly spread, first and last included ({@link FrameSampling#uniform}), in the proportions of the video.
     *
     * @param side pixels of the longer side
     */
    public static List<ChatRequest.Picture> of(Path file, int framesMax, int side) {
        long frameBytes = 3L * side * side;
        List<ChatRequest.Picture> pictures = new ArrayList<>();
        try (VideoReader video = VideoReader.open(file, side);
                Arena arena = Arena.ofConfined()) {
            int[] frames = FrameSampling.uniform(video.frameCount(), framesMax);
            MemorySegment rgb_Fhw3 = arena.allocate(Math.min(frames.length, FRAMES_AT_ONCE) * frameBytes);
            for (int from = 0; from < frames.length; from += FRAMES_AT_ONCE) {
                int[] some = Arrays.copyOfRange(frames, from, Math.min(frames.length, from + FRAMES_AT_ONCE));
                video.read(some, rgb_Fhw3);
                for (int i = 0; i < some.length; i++) {
                    MemorySegment rgb_hw3 = rgb_Fhw3.asSlice(i * frameBytes, frameBytes);
                    pictures.add(new ChatRequest.Picture(Jpeg.of(rgb_hw3, side, video.aspectRatio())));
                }
            }
        }
        return pictures;
    }
}
