package io.longreel.curriculum.dataset;

import io.longreel.curriculum.dataset.VideoSpec.Segment;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.ops.tensor.Tensor;
import java.util.function.BooleanSupplier;

/**
 * The pixels of a {@link VideoSpec}, made when they are read: only frames that are asked for are decoded. Holds no pixels itself; the store
 * does, within its bound. May be read by several threads at a time.
 */
public final class VideoFrames implements PreparedFrames {
    private final FootageStore store;
    private final NeedleCard card;
    private final VideoSpec spec;
    private final long keyBase;

    private VideoFrames(FootageStore store, NeedleCard card, VideoSpec spec, long keyBase) {
        this.store = store;
        this.card = card;
        this.spec = spec;
        this.keyBase = keyBase;
    }

    public static VideoFrames of(FootageStore store, NeedleCard card, VideoSpec spec) {
        return new VideoFrames(store, card, spec, -1);
    }

    /** Frames with keys {@code keyBase + frame}, except the one with the needle, which has none. */
    static VideoFrames keyed(FootageStore store, NeedleCard card, VideoSpec spec, long keyBase) {
        return new VideoFrames(store, card, spec, keyBase);
    }

    public VideoSpec spec() {
        return spec;
    }

    @Override
    public int frameCount() {
        return spec.frames();
    }

    @Override
    public long key(int frame) {
        boolean hasNeedle = spec.needle().isPresent() && spec.needle().get().frame() == frame;
        return keyBase < 0 || hasNeedle ? -1 : keyBase + frame;
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        int imageSize = store.footage().imageSize();
        long frameFloats = 3L * imageSize * imageSize;
        checkRange(from, to);
        if (pixels_F3hw.elements() != (to - from) * frameFloats) {
            throw new IllegalArgumentException("pixels must fit the frames: from=%d to=%d imageSize=%d pixels=%s"
                    .formatted(from, to, imageSize, pixels_F3hw));
        }
        FramePainter painter = new FramePainter(imageSize, card);
        int needleFrame = spec.needle().map(Needle::frame).orElse(-1);
        forEachStretch(from, to, (segment, footageFrom, footageTo, frame) -> {
            store.visit(footageFrom, footageTo, (footageFrame, rgb_hw3) -> {
                int i = frame + footageFrame - footageFrom;
                painter.paint(rgb_hw3, segment.gain(), segment.mirrored());
                if (i == needleFrame) {
                    painter.pasteCard(spec.needle().orElseThrow().digit());
                }
                painter.copyTo(pixels_F3hw.segment(), (i - from) * frameFloats);
            });
            return true;
        });
    }

    @Override
    public void warm(int from, int to, BooleanSupplier cancelled) {
        checkRange(from, to);
        forEachStretch(from, to, (segment, footageFrom, footageTo, frame) -> {
            store.warm(footageFrom, footageTo);
            return !cancelled.getAsBoolean();
        });
    }

    /** Sees a stretch of footage that starts at frame {@code frame} of the video; false stops the walk. */
    @FunctionalInterface
    private interface StretchVisitor {
        boolean visit(Segment segment, int footageFrom, int footageTo, int frame);
    }

    private void forEachStretch(int from, int to, StretchVisitor visitor) {
        int start = 0;
        for (Segment segment : spec.segments()) {
            int first = Math.max(from, start);
            int end = Math.min(to, start + segment.frames());
            if (first < end) {
                int footageFrom = segment.footageFrame() + first - start;
                if (!visitor.visit(segment, footageFrom, footageFrom + end - first, first)) {
                    return;
                }
            }
            start += segment.frames();
        }
    }

    private void checkRange(int from, int to) {
        if (from < 0 || from > to || to > frameCount()) {
            throw new IllegalArgumentException(
                    "frames must lie in the video: from=%d to=%d frameCount=%d".formatted(from, to, frameCount()));
        }
    }
}
