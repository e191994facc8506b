package io.longreel.curriculum.media;

import io.longreel.curriculum.dataset.PreparedFrames;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.image.Picture;
import io.longreel.curriculum.video.FrameStore;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The frames of some media one after the other, decoded when they are read. Holds no pixels. May be read by several threads at a time. */
public final class MediaFrames implements PreparedFrames {
    /** Keeps the keys of media apart from those of a haystack, which has 63 bits less this one. */
    private static final long KEY_BASE = 1L << 62;

    private final FrameStore store;
    private final ImageProcessor processor;
    private final int[] numbers;
    /** Frames before each medium; one more entry than media. */
    private final int[] starts;

    MediaFrames(FrameStore store, ImageProcessor processor, int[] numbers, int[] counts) {
        this.store = store;
        this.processor = processor;
        this.numbers = numbers;
        this.starts = new int[counts.length + 1];
        for (int i = 0; i < counts.length; i++) {
            starts[i + 1] = Math.addExact(starts[i], counts[i]);
        }
    }

    @Override
    public int frameCount() {
        return starts[numbers.length];
    }

    /** Frames of each medium. */
    public int frameCount(int medium) {
        return starts[medium + 1] - starts[medium];
    }

    @Override
    public long key(int frame) {
        int medium = mediumOf(frame);
        return KEY_BASE + ((long) numbers[medium] << 31) + (frame - starts[medium]);
    }

    private int mediumOf(int frame) {
        int medium = 0;
        while (starts[medium + 1] <= frame) {
            medium++;
        }
        return medium;
    }

    /** One frame as it is before its levels become the model's numbers. */
    public Picture picture(int frame) {
        checkRange(frame, frame + 1);
        int medium = mediumOf(frame);
        int side = processor.imageSize();
        List<Picture> found = new ArrayList<>(1);
        int at = frame - starts[medium];
        store.visit(numbers[medium], at, at + 1, (index, rgb_hw3) -> found.add(Picture.of(side, side, rgb_hw3)));
        return found.getFirst();
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        long frameFloats = 3L * processor.imageSize() * processor.imageSize();
        checkRange(from, to);
        if (pixels_F3hw.elements() != (to - from) * frameFloats) {
            throw new IllegalArgumentException("pixels must fit the frames: from=%d to=%d imageSize=%d pixels=%s"
                    .formatted(from, to, processor.imageSize(), pixels_F3hw));
        }
        MemorySegment pixels = pixels_F3hw.segment();
        for (int medium = 0; medium < numbers.length; medium++) {
            int start = starts[medium];
            int first = Math.max(from, start);
            int end = Math.min(to, starts[medium + 1]);
            if (first < end) {
                store.visit(numbers[medium], first - start, end - start, (frame, rgb_hw3) -> {
                    long at = (start + frame - from) * frameFloats * Float.BYTES;
                    processor.normalize(rgb_hw3, pixels.asSlice(at, frameFloats * Float.BYTES));
                });
            }
        }
    }

    @Override
    public void warm(int from, int to, BooleanSupplier cancelled) {
        checkRange(from, to);
        for (int medium = 0; medium < numbers.length && !cancelled.getAsBoolean(); medium++) {
            int first = Math.max(from, starts[medium]);
            int end = Math.min(to, starts[medium + 1]);
            if (first < end) {
                store.warm(numbers[medium], first - starts[medium], end - starts[medium]);
            }
        }
    }

    private void checkRange(int from, int to) {
        if (from < 0 || from > to || to > frameCount()) {
            throw new IllegalArgumentException(
                    "frames must lie in the media: from=%d to=%d frameCount=%d".formatted(from, to, frameCount()));
        }
    }
}
