package io.longreel.curriculum.sft;

import io.longreel.curriculum.video.VideoReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Frames of one video's clips as JPEG files in the video's own proportions. The file is opened for the first clip and stays open for the
 * others; several threads may ask, one reads at a time.
 */
final class ClipPictures implements AutoCloseable {
    private final VideoReader video;
    private final int framesPerClip;
    private boolean closed;

    private ClipPictures(VideoReader video, int framesPerClip) {
        this.video = video;
        this.framesPerClip = framesPerClip;
    }

    /**
     * @param side longest side of a picture in pixels
     */
    static ClipPictures open(Path file, int framesPerClip, int side) {
        return new ClipPictures(VideoReader.open(file, side), framesPerClip);
    }

    /** Frames from the middles of as many equal parts of the clip, without a frame that would come twice. */
    synchronized List<ChatRequest.Picture> of(Clip clip) {
        if (closed) {
            throw new IllegalStateException("pictures are closed: file=" + video.file());
        }
        int[] frames = IntStream.range(0, framesPerClip)
                .map(i -> frameAt((clip.fromMs() + (i + 0.5) * (clip.toMs() - clip.fromMs()) / framesPerClip) / 1000))
                .distinct()
                .toArray();
        long frameBytes = 3L * video.imageSize() * video.imageSize();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb_Fhw3 = arena.allocate(frames.length * frameBytes);
            video.read(frames, rgb_Fhw3);
            return IntStream.range(0, frames.length)
                    .mapToObj(i -> rgb_Fhw3.asSlice(i * frameBytes, frameBytes))
                    .map(rgb -> new ChatRequest.Picture(Jpeg.of(rgb, video.imageSize(), video.aspectRatio())))
                    .toList();
        }
    }

    /** Closing twice is fine: the last clip does it, and whoever ends the build. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            video.close();
        }
    }

    /** The frame that is shown at a time. */
    private int frameAt(double seconds) {
        int low = 0;
        int high = video.frameCount() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (video.seconds(middle) <= seconds) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
