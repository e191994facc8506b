package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.shard.Span;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/**
 * The pixels of a rank's own frames of a chunk, read before the ranks compute: a frame that cannot be read is known while nobody waits for anybody. Used by the rank's
 * compute thread.
 */
final class OwnPixels implements FrameSource, AutoCloseable {
    private final FrameSource frames;
    private final Span own;
    private final TensorArena arena;
    private final Tensor pixels_F3hw;

    private OwnPixels(FrameSource frames, Span own, int imageSize) {
        this.frames = frames;
        this.own = own;
        this.arena = TensorArena.open("pixels", TensorArena.sizeBytes(DType.F32, own.size(), 3, imageSize, imageSize));
        this.pixels_F3hw = arena.allocate(own.size(), 3, imageSize, imageSize);
    }

    static OwnPixels of(ModelConfig config, ShardedBatch batch) {
        return new OwnPixels(batch.frames(), batch.ownFrames(), config.vision().imageSize());
    }

    /** Reads them. Returns why they cannot be read, or nothing. */
    String read() {
        try {
            if (own.size() > 0) {
                frames.read(own.from(), own.to(), pixels_F3hw);
            }
            return "";
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            return e.getMessage();
        }
    }

    @Override
    public int frameCount() {
        return frames.frameCount();
    }

    @Override
    public long key(int frame) {
        return frames.key(frame);
    }

    @Override
    public void read(int from, int to, Tensor target_F3hw) {
        target_F3hw.copyFrom(pixels_F3hw.slice(from - own.from(), to - own.from()));
    }

    @Override
    public void close() {
        arena.close();
    }
}
