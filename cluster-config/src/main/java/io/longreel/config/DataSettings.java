package io.longreel.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Where samples come from.
 *
 * @param footage video files from which haystacks are cut; empty: the run makes its own with the bundled encoder
 * @param sampling which of their frames are used
 * @param generated what to make when there is no footage
 * @param frameCacheBytes most memory per process that decoded frames may take
 * @param prefetchSteps steps that the pipeline decodes ahead of training
 */
public record DataSettings(
        List<Path> footage, Sampling sampling, GeneratedFootage generated, long frameCacheBytes, int prefetchSteps) {

    public DataSettings {
        footage = List.copyOf(footage);
    }

    /**
     * Which frames of a footage file are used (specification 6.2): evenly spread ones, {@code framesMax} of a file that lasts at least
     * {@code framesMax / framesPerSecondMax} seconds, and {@code framesPerSecondMax} per second of a shorter one.
     *
     * @param framesPerSecondMax 0 = no limit but {@code framesMax}
     */
    public record Sampling(int framesMax, double framesPerSecondMax) {}

    /** Synthetic footage: {@code frames} frames of {@code width} x {@code height} pixels. */
    public record GeneratedFootage(int frames, int width, int height, int framesPerSecond) {}
}
