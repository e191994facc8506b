package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a build is to do.
 *
 * @param sources videos, and folders that are searched for videos
 * @param media folder that the data set names videos from; empty = the deepest one that holds all of them
 * @param out folder of the result, made when it is not there
 * @param name of the data set in a run's configuration
 */
public record SftSettings(
        List<Path> sources,
        Optional<Path> media,
        Path out,
        String name,
        Cutting cutting,
        Looking looking,
        Asking asking) {
    private static final int SIDE_MIN = 32;
    private static final int SIDE_MAX = 4096;
    private static final int FRAMES_MAX = 256;

    /**
     * How videos are cut.
     *
     * @param clipSeconds length of a clip where no change of shot is near
     * @param shotThreshold least change between two looks that is a new shot, in (0, 1]
     */
    public record Cutting(double clipSeconds, double shotThreshold) {
        public Cutting {
            // Written so that NaN is refused, too.
            if (!(clipSeconds >= 1 && clipSeconds <= 3600)) {
                throw RuntimeFailure.config("clips must last 1 to 3600 seconds: clipSeconds=" + clipSeconds);
            }
            if (!(shotThreshold > 0 && shotThreshold <= 1)) {
                throw RuntimeFailure.config(
                        "the shot threshold must be above 0 and not above 1: shotThreshold=" + shotThreshold);
            }
        }
    }

    /**
     * What the captioner sees of a clip.
     *
     * @param side longest side of a frame in pixels
     */
    public record Looking(int framesPerClip, int side) {
        public Looking {
            if (framesPerClip < 1 || framesPerClip > FRAMES_MAX || side < SIDE_MIN || side > SIDE_MAX) {
                throw RuntimeFailure.config(
                        "a clip must be shown by 1 to %d frames of %d to %d pixels: frames=%d side=%d"
                                .formatted(FRAMES_MAX, SIDE_MIN, SIDE_MAX, framesPerClip, side));
            }
        }
    }

    /**
     * How models are asked.
     *
     * @param parallel most requests on their way to each model
     * @param attempts most times that one request goes out
     * @param requestsPerMinute to both models together; 0 = no limit
     * @param captionTokensMax longest caption
     * @param writerTokensMax longest answer of the writer
     */
    public record Asking(
            int parallel,
            int attempts,
            double requestsPerMinute,
            int captionTokensMax,
            int writerTokensMax,
            double temperature) {
        public Asking {
            if (parallel < 1 || parallel > 1024 || attempts < 1 || captionTokensMax < 1 || writerTokensMax < 1) {
                throw RuntimeFailure.config(
                        "requests at a time (at most 1024), attempts and tokens must be positive: parallel=%d attempts=%d captionTokens=%d writerTokens=%d"
                                .formatted(parallel, attempts, captionTokensMax, writerTokensMax));
            }
            if (!(requestsPerMinute >= 0
                    && requestsPerMinute < Double.POSITIVE_INFINITY
                    && temperature >= 0
                    && temperature <= 2)) {
                throw RuntimeFailure.config(
                        "requests per minute must not be negative, and the temperature must lie in 0 to 2: requestsPerMinute=%s temperature=%s"
                                .formatted(requestsPerMinute, temperature));
            }
        }
    }

    public SftSettings {
        sources = List.copyOf(sources);
        if (sources.isEmpty()) {
            throw RuntimeFailure.config("a build needs at least one video, or a folder of videos");
        }
        if (!name.matches("[A-Za-z0-9_-]+")) {
            throw RuntimeFailure.config(
                    "the name of a data set must be of letters, digits, - and _: name=%s; choose one with --name"
                            .formatted(name));
        }
    }
}
