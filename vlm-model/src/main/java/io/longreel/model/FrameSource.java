package io.longreel.model;

import io.longreel.ops.tensor.Tensor;

/** The frames of a batch, read by whoever owns them. A rank asks for the frames of its own vision shard only. */
public interface FrameSource {
    /** A source without frames. */
    FrameSource NONE = new FrameSource() {
        @Override
        public int frameCount() {
            return 0;
        }

        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            if (from != to) {
                throw new IllegalArgumentException(
                        "a source without frames was read: from=%d to=%d".formatted(from, to));
            }
        }
    };

    int frameCount();

    /**
     * Writes frames {@code [from, to)} as normalised pixels, (value / 127.5) - 1, RGB, channels first.
     *
     * @param pixels_F3hw [to - from, 3, image size, image size]
     */
    void read(int from, int to, Tensor pixels_F3hw);

    /**
     * Frames with the same key, unless negative, have the same pixels: a model whose vision tower does not change meanwhile may reuse what it
     * encoded. Negative = unknown.
     */
    default long key(int frame) {
        return -1;
    }
}
