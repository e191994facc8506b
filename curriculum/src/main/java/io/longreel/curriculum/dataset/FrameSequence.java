package io.longreel.curriculum.dataset;

import io.longreel.model.JoinedFrames;
import io.longreel.ops.tensor.Tensor;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The frames of several videos one after the other, as a packed sequence has them, which can be decoded ahead. */
public final class FrameSequence implements PreparedFrames {
    private final List<PreparedFrames> videos;
    private final JoinedFrames frames;

    private FrameSequence(List<? extends PreparedFrames> videos) {
        this.videos = List.copyOf(videos);
        this.frames = JoinedFrames.of(videos);
    }

    static FrameSequence of(List<? extends PreparedFrames> videos) {
        return new FrameSequence(videos);
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
    public void read(int from, int to, Tensor pixels_F3hw) {
        frames.read(from, to, pixels_F3hw);
    }

    @Override
    public void warm(int from, int to, BooleanSupplier cancelled) {
        for (JoinedFrames.Part part : frames.parts(from, to)) {
            if (!cancelled.getAsBoolean()) {
                videos.get(part.index()).warm(part.from(), part.to(), cancelled);
            }
        }
    }
}
