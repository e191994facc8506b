package io.longreel.curriculum.video;

/**
 * A run's footage as one row of frames, decoded when they are asked for and kept within a bound. Shared by all ranks and decoding threads of a process;
 * closing it closes the footage.
 */
public final class FootageStore implements AutoCloseable {
    private final FootagePool pool;
    private final FrameStore frames;

    private FootageStore(FootagePool pool, FrameStore frames) {
        this.pool = pool;
        this.frames = frames;
    }

    /** A store over {@code pool}, which it takes over, of at most {@code capacityBytes} of decoded frames. */
    public static FootageStore open(FootagePool pool, long capacityBytes) {
        return new FootageStore(pool, FrameStore.open(pool, capacityBytes));
    }

    public FootagePool footage() {
        return pool;
    }

    /** Shows frames {@code [from, to)} of the footage in order, by their numbers in the row. */
    public void visit(int from, int to, FrameStore.FrameVisitor visitor) {
        int frame = from;
        while (frame < to) {
            int video = pool.videoOf(frame);
            int start = pool.start(video);
            int end = Math.min(to, start + pool.frameCount(video));
            frames.visit(
                    video, frame - start, end - start, (inVideo, rgb_hw3) -> visitor.visit(start + inVideo, rgb_hw3));
            frame = end;
        }
    }

    /** Decodes frames {@code [from, to)} where they are not there yet. They may be dropped again before they are used. */
    public void warm(int from, int to) {
        visit(from, to, (frame, rgb_hw3) -> {});
    }

    public FrameStore.Statistics statistics() {
        return frames.statistics();
    }

    /** Waits for threads that are inside {@link #visit} and frees everything; later calls throw. */
    @Override
    public void close() {
        frames.close();
    }
}
