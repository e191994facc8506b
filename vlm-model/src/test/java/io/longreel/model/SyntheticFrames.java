package io.longreel.model;

import io.longreel.ops.tensor.Tensor;
import java.util.SplittableRandom;

/**
 * Frames of seeded noise in [-1, 1]; a frame's pixels depend on its seed and its number in the source alone.
 *
 * @param seed also names the source: frame i has the key {@code 1000 seed + i}
 */
public record SyntheticFrames(int frameCount, long seed) implements FrameSource {

    @Override
    public long key(int frame) {
        return 1000 * seed + frame;
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        long perFrame = pixels_F3hw.elements() / Math.max(1, to - from);
        for (int frame = from; frame < to; frame++) {
            SplittableRandom random = new SplittableRandom(key(frame));
            for (long i = 0; i < perFrame; i++) {
                pixels_F3hw.setFloat((frame - from) * perFrame + i, (float) random.nextDouble(-1, 1));
            }
        }
    }
}
