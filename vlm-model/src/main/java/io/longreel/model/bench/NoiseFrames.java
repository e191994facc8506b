package io.longreel.model.bench;

import io.longreel.model.FrameSource;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Frames of seeded noise, a few different ones again and again, so that reading costs what copying costs. */
final class NoiseFrames implements FrameSource {
    private static final int DIFFERENT = 16;

    private final int frames;
    private final int pixelsPerFrame;
    private final float[] different;

    NoiseFrames(int frames, int pixelsPerFrame) {
        this.frames = frames;
        this.pixelsPerFrame = pixelsPerFrame;
        this.different = new float[DIFFERENT * pixelsPerFrame];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < different.length; i++) {
            different[i] = (float) random.nextDouble(-1, 1);
        }
    }

    @Override
    public int frameCount() {
        return frames;
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        for (int frame = from; frame < to; frame++) {
            MemorySegment.copy(
                    different,
                    frame % DIFFERENT * pixelsPerFrame,
                    pixels_F3hw.segment(),
                    ValueLayout.JAVA_FLOAT,
                    (long) (frame - from) * pixelsPerFrame * Float.BYTES,
                    pixelsPerFrame);
        }
    }
}
