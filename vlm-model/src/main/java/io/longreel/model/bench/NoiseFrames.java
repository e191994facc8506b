package io.longreel.model.bench;

import io.longreel.model.FrameSource;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Frames of seeded noise, made once and copied whenever they are read, so that reading costs what copying costs.
 *
 * @param pixels of one frame after the other
 */
record NoiseFrames(int frameCount, float[] pixels) implements FrameSource {
    static NoiseFrames of(int frames, int pixelsPerFrame) {
        SplittableRandom random = new SplittableRandom(frames);
        float[] pixels = new float[frames * pixelsPerFrame];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextDouble(-1, 1);
        }
        return new NoiseFrames(frames, pixels);
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        int perFrame = pixels.length / frameCount;
        MemorySegment.copy(
                pixels, from * perFrame, pixels_F3hw.segment(), ValueLayout.JAVA_FLOAT, 0, (to - from) * perFrame);
    }
}
