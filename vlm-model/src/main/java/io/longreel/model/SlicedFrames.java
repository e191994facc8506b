package io.longreel.model;

import io.longreel.ops.tensor.Tensor;

/** Some neighbouring frames of others. */
public record SlicedFrames(FrameSource all, int from, int frameCount) implements FrameSource {
    public SlicedFrames {
        if (from < 0 || frameCount < 0 || from + (long) frameCount > all.frameCount()) {
            throw new IllegalArgumentException(
                    "frames must be there: from=%d count=%d all=%d".formatted(from, frameCount, all.frameCount()));
        }
    }

    @Override
    public long key(int frame) {
        return all.key(from + frame);
    }

    @Override
    public void read(int first, int to, Tensor pixels_F3hw) {
        all.read(from + first, from + to, pixels_F3hw);
    }
}
