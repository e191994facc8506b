package io.longreel.model;

import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The frames of several sources one after the other, as a packed sequence has them. A range is read from just the sources that it falls into. */
public final class JoinedFrames implements FrameSource {
    private final List<FrameSource> sources;
    private final int[] starts;

    /** Frames {@code [from, to)} of source {@code index}. */
    public record Part(int index, int from, int to) {}

    private JoinedFrames(List<FrameSource> sources) {
        this.sources = sources;
        this.starts = new int[sources.size() + 1];
        for (int i = 0; i < sources.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], sources.get(i).frameCount());
        }
    }

    public static JoinedFrames of(List<? extends FrameSource> sources) {
        return new JoinedFrames(List.copyOf(sources));
    }

    @Override
    public int frameCount() {
        return starts[sources.size()];
    }

    @Override
    public long key(int frame) {
        Part part = parts(frame, frame + 1).getFirst();
        return sources.get(part.index()).key(part.from());
    }

    @Override
    public void read(int from, int to, Tensor pixels_F3hw) {
        int row = 0;
        for (Part part : parts(from, to)) {
            int count = part.to() - part.from();
            sources.get(part.index()).read(part.from(), part.to(), pixels_F3hw.slice(row, row + count));
            row += count;
        }
    }

    /** What frames {@code [from, to)} are in their sources, in order; a source without any of them has no part. */
    public List<Part> parts(int from, int to) {
        if (from < 0 || from > to || to > frameCount()) {
            throw new IllegalArgumentException(
                    "frames must lie in the sequence: from=%d to=%d frameCount=%d".formatted(from, to, frameCount()));
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            int first = Math.max(from, starts[i]);
            int end = Math.min(to, starts[i + 1]);
            if (first < end) {
                parts.add(new Part(i, first - starts[i], end - starts[i]));
            }
        }
        return parts;
    }
}
