package io.longreel.curriculum.needle;

import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.FrameSource;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The first frames of some footage with a needle in them, decoded when they are read. Frames of the footage have equal keys in all haystacks of a process, and so
 * have pictures. Holds no frames; read by several threads.
 */
final class HaystackFrames implements FrameSource {
    private static final long PICTURE_KEYS = 1L << 40;

    private final FootageStore footage;
    private final ImageProcessor processor;
    private final NeedleCard card;
    private final int frames;
    private final int needleAt;
    private final HiddenNeedle needle;

    /**
     * @param frames of the footage
     * @param needleAt frames in front of the needle; a card needs one there
     */
    HaystackFrames(
            FootageStore footage,
            ImageProcessor processor,
            NeedleCard card,
            int frames,
            int needleAt,
            HiddenNeedle needle) {
        this.footage = footage;
        this.processor = processor;
        this.card = card;
        this.frames = frames;
        this.needleAt = needleAt;
        this.needle = needle;
    }

    @Override
    public int frameCount() {
        return frames + needle.framesAdded();
    }

    @Override
    public long key(int frame) {
        if (frame == needleAt) {
            return switch (needle.thing()) {
                case HiddenNeedle.Thing.Card pasted -> -1;
                case HiddenNeedle.Thing.Shown shown -> PICTURE_KEYS + shown.index();
            };
        }
        return frame < needleAt ? frame : frame - needle.framesAdded();
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        long frameFloats = 3L * processor.imageSize() * processor.imageSize();
        if (from < 0 || from > to || to > frameCount() || pixels_F3hw.elements() != (to - from) * frameFloats) {
            throw new IllegalArgumentException(
                    "pixels must fit frames of the haystack: from=%d to=%d frames=%d pixels=%s"
                            .formatted(from, to, frameCount(), pixels_F3hw));
        }
        MemorySegment pixels = pixels_F3hw.segment();
        long frameBytes = frameFloats * Float.BYTES;
        int added = needle.framesAdded();
        readFootage(from, Math.min(to, added == 0 ? to : needleAt), 0, from, pixels, frameBytes);
        if (from <= needleAt && needleAt < to && needle.thing() instanceof HiddenNeedle.Thing.Shown shown) {
            MemorySegment.copy(
                    shown.pixels_3hw(),
                    0,
                    pixels,
                    ValueLayout.JAVA_FLOAT,
                    (needleAt - from) * frameBytes,
                    Math.toIntExact(frameFloats));
        }
        readFootage(added == 0 ? to : Math.max(from, needleAt + added), to, added, from, pixels, frameBytes);
    }

    /** Frames {@code [first, end)} of the haystack, which are {@code added} later than in the footage. */
    private void readFootage(int first, int end, int added, int from, MemorySegment pixels, long frameBytes) {
        if (first >= end) {
            return;
        }
        footage.visit(first - added, end - added, (inFootage, rgb_hw3) -> {
            int frame = inFootage + added;
            MemorySegment shown = frame == needleAt && needle.thing() instanceof HiddenNeedle.Thing.Card pasted
                    ? MemorySegment.ofArray(withCard(rgb_hw3, processor.imageSize(), card, pasted.digit()))
                    : rgb_hw3;
            processor.normalize(shown, pixels.asSlice((frame - from) * frameBytes, frameBytes));
        });
    }

    /** A copy of a frame with a card pasted over it. */
    static byte[] withCard(MemorySegment rgb_hw3, int side, NeedleCard card, int digit) {
        byte[] frame = rgb_hw3.asSlice(0, 3L * side * side).toArray(ValueLayout.JAVA_BYTE);
        byte[] pasted = card.pixels(digit);
        for (int y = 0; y < card.size(); y++) {
            int at = ((card.offset() + y) * side + card.offset()) * 3;
            System.arraycopy(pasted, y * card.size() * 3, frame, at, card.size() * 3);
        }
        return frame;
    }
}
