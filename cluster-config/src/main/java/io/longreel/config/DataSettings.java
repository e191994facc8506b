package io.longreel.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where samples come from.
 *
 * @param footage video files from which haystacks are cut; empty: the run makes its own with the bundled encoder
 * @param sampling which of their frames are used
 * @param generated what to make when there is no footage
 * @param frameCacheBytes most memory per process that decoded frames may take
 * @param encodedFrameCacheBytes most memory per rank that the output of a frozen vision tower may take
 * @param prefetchSteps steps that the pipeline decodes ahead of training
 * @param datasets the user's datasets, by name
 * @param damaged what happens when a record cannot be used
 * @param prompt how text becomes tokens
 */
public record DataSettings(
        List<Path> footage,
        Sampling sampling,
        GeneratedFootage generated,
        long frameCacheBytes,
        long encodedFrameCacheBytes,
        int prefetchSteps,
        Map<String, DatasetSettings> datasets,
        Damaged damaged,
        Prompt prompt) {

    public DataSettings {
        footage = List.copyOf(footage);
        datasets = new TreeMap<>(datasets);
    }

    /** What to do about a record that cannot be used: malformed, without its media, without a frame, too long. */
    public enum Damaged {
        /** The run ends with a line that names it. */
        STOP,
        /** It is left out on all ranks alike, and written down. */
        SKIP
    }

    /**
     * How text becomes tokens.
     *
     * @param tokenizer Hugging Face {@code tokenizer.json}, or a folder with one; empty = that of the checkpoint's {@code llm/}, else bytes
     * @param template name of a chat template that comes with the program, or path of another; empty = the tokenizer's
     * @param system system message of conversations that have none; empty = the template's own
     * @param frameEnd text behind each frame; empty = what the checkpoint's encoders say
     */
    public record Prompt(
            Optional<Path> tokenizer, Optional<String> template, Optional<String> system, Optional<String> frameEnd) {}

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
