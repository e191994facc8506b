package io.longreel.chaos.fault;

import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.ops.tensor.Tensor;

/** Frames of a sample whose pixels a fault may damage after they were read. */
record StruckFrames(FrameSource real, RankFaults faults) implements FrameSource {

    /** A batch that is the same but for its frames. */
    static PackedBatch in(PackedBatch batch, RankFaults faults) {
        return new PackedBatch(
                batch.ids(),
                batch.labels(),
                batch.cuSeqlens(),
                batch.imageToken(),
                new StruckFrames(batch.frames(), faults),
                batch.media());
    }

    @Override
    public int frameCount() {
        return real.frameCount();
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        real.read(from, to, pixels_F3hw);
        faults.readPixels(pixels_F3hw);
    }

    @Override
    public long key(int frame) {
        return real.key(frame);
    }
}
