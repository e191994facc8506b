package io.longreel.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Where samples come from.
 *
 * @param footage video files from which haystacks are cut; empty: the run makes its own with the bundled encoder
 * @param generated what to make when there is no footage
 * @param frameCacheBytes most memory per process that decoded frames may take
 * @param prefetchSteps steps that the pipeline decodes ahead of training
 */
public record DataSettings(List<Path> footage, GeneratedFootage generated, long frameCacheBytes, int prefetchSteps) {

    public DataSettings {
        footage = List.copyOf(footage);
    }

    /** Synthetic footage: {@code frames} frames of {@code width} x {@code height} pixels. */
    public record GeneratedFootage(int frames, int width, int height, int framesPerSecond) {}
}
