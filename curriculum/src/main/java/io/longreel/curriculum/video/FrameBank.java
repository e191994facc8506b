package io.longreel.curriculum.video;

import java.lang.foreign.MemorySegment;

/** Frames of numbered videos, which a {@link FrameStore} decodes and keeps. May be used by several threads at a time. */
public interface FrameBank extends AutoCloseable {

    /** A stretch of one video, by the numbers of its sampled frames. */
    record Stretch(int video, int from, int to) {}

    /** Bytes of one decoded frame. */
    long frameBytes();

    int frameCount(int video);

    /** Decodes a stretch: frame after frame, row by row, RGB, one byte each. */
    void read(Stretch stretch, MemorySegment rgb_Fhw3);

    @Override
    void close();
}
