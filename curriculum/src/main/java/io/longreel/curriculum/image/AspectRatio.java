package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a picture that is no square becomes squares: VILA's {@code image_aspect_ratio} (specification 2.1). */
public enum AspectRatio {
    /** Squashed into one square. */
    RESIZE,
    /** Laid on the middle of one square whose free parts have the processor's mean colour. */
    PAD,
    /** Cut into a grid of squares that suits the picture's shape, and shown once more as a whole. */
    DYNAMIC;

    /** By the word in a checkpoint's {@code config.json}. */
    public static AspectRatio named(String word) {
        return Arrays.stream(values())
                .filter(aspect -> aspect.word().equals(word))
                .findFirst()
                .orElseThrow(() -> RuntimeFailure.config("image_aspect_ratio must be one of %s: value=%s"
                        .formatted(
                                Arrays.stream(values()).map(AspectRatio::word).collect(Collectors.joining(", ")),
                                word)));
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
