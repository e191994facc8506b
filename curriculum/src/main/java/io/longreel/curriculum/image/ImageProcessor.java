package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes a vision tower's input of a picture: resize, crop the middle, then {@code (level * rescaleFactor - mean) / std} per channel, in the
 * order of Hugging Face's image processors. A picture of 8 bit levels has only 256 outcomes a channel, which are tabled. Where the settings are
 * SigLIP's, the table is {@code level / 127.5 - 1} bit for bit, as everywhere in this code; Hugging Face's chain of single-precision steps
 * differs from that by less than 1e-7. Immutable; threads may share it.
 */
public final class ImageProcessor {
    private static final int LEVELS = 256;
    private static final double SAME = 1e-6;

    private final ProcessorSettings settings;
    private final int imageSize;
    /** [channel][level] -> pixel. */
    private final float[][] pixels;

    private ImageProcessor(ProcessorSettings settings, int imageSize) {
        this.settings = settings;
        this.imageSize = imageSize;
        this.pixels = new float[Picture.CHANNELS][];
        for (int channel = 0; channel < Picture.CHANNELS; channel++) {
            pixels[channel] = table(settings, channel);
        }
    }

    /** SigLIP's processor: bicubic to a square, levels to [-1, 1]. */
    public static ImageProcessor siglip(int imageSize) {
        return new ImageProcessor(ProcessorSettings.siglip(imageSize), imageSize);
    }

    /** The one that belongs to a vision tower by the file in its folder; SigLIP's where there is none. */
    public static ImageProcessor of(Path visionTower, int imageSize) {
        Path file = visionTower.resolve("preprocessor_config.json");
        return Files.isRegularFile(file) ? read(file, imageSize) : siglip(imageSize);
    }

    /**
     * The processor that a {@code preprocessor_config.json} describes. Fails with category DATA when it is not understood, or when it makes
     * pictures of another size than the model takes.
     *
     * @param imageSize width and height of the model's pictures
     */
    public static ImageProcessor read(Path file, int imageSize) {
        ProcessorSettings settings = ProcessorConfig.read(file);
        Optional<PictureSize> made = settings.crop()
                .or(() -> settings.resize().map(resize -> switch (resize) {
                    case ProcessorSettings.Exactly exactly -> exactly.size();
                    case ProcessorSettings.ShortestEdge edge ->
                        throw failure(file, "size.shortest_edge without do_center_crop gives pictures of any shape");
                }));
        if (made.isPresent() && !made.get().equals(new PictureSize(imageSize, imageSize))) {
            throw failure(
                    file,
                    "it gives pictures of %s pixels, the vision tower takes %2$d x %2$d"
                            .formatted(made.get(), imageSize));
        }
        boolean tooSmall = settings.resize()
                .filter(resize -> switch (resize) {
                    case ProcessorSettings.Exactly exactly ->
                        Math.min(exactly.size().width(), exactly.size().height()) < imageSize;
                    case ProcessorSettings.ShortestEdge shortest -> shortest.pixels() < imageSize;
                })
                .isPresent();
        if (tooSmall) {
            throw failure(file, "crop_size exceeds size");
        }
        return new ImageProcessor(settings, imageSize);
    }

    /** Width and height of the pictures that come out. */
    public int imageSize() {
        return imageSize;
    }

    /** Bytes of a picture that comes out, [3, image size, image size] floats. */
    public long sizeBytes() {
        return (long) Picture.CHANNELS * imageSize * imageSize * Float.BYTES;
    }

    /** The mean level of a channel, {@code int(mean * 255)}: what padding is filled with. */
    public int background(int channel) {
        return Math.clamp((int) (settings.mean().get(channel) * (LEVELS - 1)), 0, LEVELS - 1);
    }

    /**
     * Writes a picture of any size, such as a video's frame at its own size, as the model takes it.
     *
     * @param pixels_3hw floats, [3, image size, image size], RGB
     */
    public void process(Picture picture, MemorySegment pixels_3hw) {
        float[] floats = process(picture);
        MemorySegment.copy(floats, 0, pixels_3hw, ValueLayout.JAVA_FLOAT, 0, floats.length);
    }

    /** The same as an array of its own. */
    public float[] process(Picture picture) {
        byte[] rgb_hw3 = fit(picture).borrow();
        int plane = imageSize * imageSize;
        float[] pixels_3hw = new float[Picture.CHANNELS * plane];
        int in = 0;
        for (int i = 0; i < plane; i++) {
            pixels_3hw[i] = pixels[0][rgb_hw3[in] & 0xFF];
            pixels_3hw[plane + i] = pixels[1][rgb_hw3[in + 1] & 0xFF];
            pixels_3hw[2 * plane + i] = pixels[2][rgb_hw3[in + 2] & 0xFF];
            in += Picture.CHANNELS;
        }
        return pixels_3hw;
    }

    /**
     * Writes levels of a picture that has the model's size already.
     *
     * @param rgb_hw3 bytes, [image size, image size, 3]
     * @param pixels_3hw floats, [3, image size, image size]
     */
    public void normalize(MemorySegment rgb_hw3, MemorySegment pixels_3hw) {
        long plane = (long) imageSize * imageSize;
        for (int channel = 0; channel < Picture.CHANNELS; channel++) {
            float[] table = pixels[channel];
            for (long i = 0; i < plane; i++) {
                int level = Byte.toUnsignedInt(rgb_hw3.get(ValueLayout.JAVA_BYTE, i * Picture.CHANNELS + channel));
                pixels_3hw.setAtIndex(ValueLayout.JAVA_FLOAT, channel * plane + i, table[level]);
            }
        }
    }

    /** The picture in the model's size. */
    public Picture fit(Picture picture) {
        Picture resized = settings.resize()
                .map(resize -> resized(picture, targetSize(picture.size(), resize)))
                .orElse(picture);
        int x = (resized.width() - imageSize) / 2;
        int y = (resized.height() - imageSize) / 2;
        boolean fits = x >= 0 && y >= 0 && resized.width() >= imageSize && resized.height() >= imageSize;
        boolean same = resized.width() == imageSize && resized.height() == imageSize;
        if (!fits || (!same && settings.crop().isEmpty())) {
            throw RuntimeFailure.data(
                    "a picture has %s pixels where the vision tower takes %2$d x %2$d, and its processor may not resize it; set do_resize"
                            .formatted(picture.size(), imageSize));
        }
        return same ? resized : resized.crop(x, y, imageSize, imageSize);
    }

    private Picture resized(Picture picture, PictureSize target) {
        return settings.resampling().resize(picture, target.width(), target.height());
    }

    private static PictureSize targetSize(PictureSize from, ProcessorSettings.Resize resize) {
        return switch (resize) {
            case ProcessorSettings.Exactly exactly -> exactly.size();
            case ProcessorSettings.ShortestEdge shortest -> {
                int edge = shortest.pixels();
                int shorter = Math.min(from.width(), from.height());
                long longer = (long) ((double) ((long) edge * Math.max(from.width(), from.height())) / shorter);
                if (longer * Math.max(edge, shorter) > PictureHeader.PIXELS_MAX) {
                    throw RuntimeFailure.data(
                            "a picture of %s pixels is too long to get a shorter side of %d; leave it out"
                                    .formatted(from, edge));
                }
                yield from.width() <= from.height()
                        ? new PictureSize(edge, (int) longer)
                        : new PictureSize((int) longer, edge);
            }
        };
    }

    private static float[] table(ProcessorSettings settings, int channel) {
        double mean = settings.mean().get(channel);
        double std = settings.std().get(channel);
        boolean usual = mean == 0.5 && std == 0.5 && Math.abs(settings.rescaleFactor() * (LEVELS - 1) - 1) < SAME;
        float[] table = new float[LEVELS];
        for (int level = 0; level < LEVELS; level++) {
            float rescaled = (float) (level * settings.rescaleFactor());
            table[level] = usual ? level / 127.5f - 1f : (rescaled - (float) mean) / (float) std;
        }
        return table;
    }

    private static RuntimeFailure failure(Path file, String what) {
        return RuntimeFailure.data(
                "image processor %s: %s; take the file that belongs to the vision tower".formatted(file, what));
    }
}
