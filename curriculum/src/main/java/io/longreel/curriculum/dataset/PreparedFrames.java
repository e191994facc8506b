package io.longreel.curriculum.dataset;

import io.longreel.model.FrameSource;
import java.util.function.BooleanSupplier;

/** Frames that can be decoded ahead of being read. */
public interface PreparedFrames extends FrameSource {
    /** Decodes what {@link #read} of frames {@code [from, to)} will need; stops early when {@code cancelled} says so. */
    void warm(int from, int to, BooleanSupplier cancelled);
}
