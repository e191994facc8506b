package io.longreel.curriculum.dataset;

import io.longreel.model.FrameSource;
import io.longreel.ops.tensor.Tensor;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The frames of several videos one after the other, as a packed sequence has them. Knows which video a range of frames falls into. */
public final class FrameSequence implements FrameSource {
    private final List<VideoFrames> videos;
    private final int[] starts;

    private FrameSequence(List<VideoFrames> videos) {
        this.videos = List.copyOf(videos);
        this.starts = new int[videos.size() + 1];
        for (int i = 0; i < videos.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], videos.get(i).frameCount());
        }
    }

    static FrameSequence of(List<VideoFrames> videos) {
        return new FrameSequence(videos);
    }

    @Override
    public int frameCount() {
        return starts[videos.size()];
    }

    @Override
    public long key(int frame) {
        if (frame < 0 || frame >= frameCount()) {
            throw new IllegalArgumentException(
                    "frame must lie in the sequence: frame=%d frameCount=%d".formatted(frame, frameCount()));
        }
        int video = 0;
        while (starts[video + 1] <= frame) {
            video++;
        }
        return videos.get(video).key(frame - starts[video]);
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        if (from < 0 || from > to || to > frameCount()) {
            throw new IllegalArgumentException(
                    "frames must lie in the sequence: from=%d to=%d frameCount=%d".formatted(from, to, frameCount()));
        }
        for (int i = 0; i < videos.size(); i++) {
            int first = Math.max(from, starts[i]);
            int end = Math.min(to, starts[i + 1]);
            if (first < end) {
                videos.get(i).read(first - starts[i], end - starts[i], pixels_F3hw.slice(first - from, end - from));
            }
        }
    }

    /** Decodes ahead what {@link #read} of these frames will need; stops early when {@code cancelled} says so. */
    public void warm(int from, int to, BooleanSupplier cancelled) {
        for (int i = 0; i < videos.size() && !cancelled.getAsBoolean(); i++) {
            int first = Math.max(from, starts[i]);
            int end = Math.min(to, starts[i + 1]);
            if (first < end) {
                videos.get(i).warm(first - starts[i], end - starts[i], cancelled);
            }
        }
    }
}
