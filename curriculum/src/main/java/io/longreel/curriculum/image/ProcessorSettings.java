package io.longreel.curriculum.image;

import java.util.List;
import java.util.Optional;

/**
 * What an image processor does to a picture, step by step, in the words of {@code preprocessor_config.json}.
 *
 * @param resize none = pictures must come in the right size
 * @param crop the middle that is kept after resizing; none = all of it
 * @param rescaleFactor by which levels are multiplied; 1 = not rescaled
 * @param mean subtracted from each of red, green and blue after rescaling
 * @param std by which each is divided after that
 */
record ProcessorSettings(
        Optional<Resize> resize,
        Resampling resampling,
        Optional<PictureSize> crop,
        double rescaleFactor,
        List<Double> mean,
        List<Double> std) {

    /** To which size. */
    sealed interface Resize {}

    /** To this size, whatever the shape. */
    record Exactly(PictureSize size) implements Resize {}

    /** The shorter side gets this length, the longer one keeps the shape. */
    record ShortestEdge(int pixels) implements Resize {}

    /** SigLIP's: bicubic to a square, levels to [-1, 1]. */
    static ProcessorSettings siglip(int imageSize) {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        return new ProcessorSettings(
                Optional.of(new Exactly(new PictureSize(imageSize, imageSize))),
                Resampling.BICUBIC,
                Optional.empty(),
                1 / 255.0,
                half,
                half);
    }
}
