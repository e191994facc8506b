package io.longreel.curriculum.eval;

import io.longreel.model.FrameSource;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** What the model sees, as a strip of film: the frames round the needle of a test, enlarged. For the report; decodes those frames. */
public final class FilmStrip {
    private static final int GAP = 4;

    private FilmStrip() {}

    /**
     * A PNG of up to {@code count} consecutive frames, the middle one being {@code centre} where there is room on both sides.
     *
     * @param imageSize side of a frame in pixels
     * @param zoom pixels of the strip per pixel of a frame, along each side
     */
    public static byte[] png(FrameSource frames, int imageSize, int centre, int count, int zoom) {
        int shown = Math.min(count, frames.frameCount());
        int from = Math.clamp(centre - shown / 2, 0, frames.frameCount() - shown);
        int side = imageSize * zoom;
        BufferedImage strip = new BufferedImage(shown * (side + GAP) - GAP, side, BufferedImage.TYPE_INT_ARGB);
        long sizeBytes = (long) shown * 3 * imageSize * imageSize * Float.BYTES;
        try (TensorArena arena = TensorArena.open("film-strip", sizeBytes)) {
            Tensor pixels_F3hw = arena.allocate(shown, 3, imageSize, imageSize);
            frames.read(from, from + shown, pixels_F3hw);
            for (int i = 0; i < shown; i++) {
                for (int y = 0; y < side; y++) {
                    for (int x = 0; x < side; x++) {
                        int rgb = rgb(pixels_F3hw, imageSize, i, x / zoom, y / zoom);
                        strip.setRGB(i * (side + GAP) + x, y, 0xff000000 | rgb);
                    }
                }
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(strip, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("a picture in memory cannot fail to be written", e);
        }
        return bytes.toByteArray();
    }

    private static int rgb(Tensor pixels_F3hw, int imageSize, int frame, int x, int y) {
        int rgb = 0;
        for (int channel = 0; channel < 3; channel++) {
            long index = (((long) frame * 3 + channel) * imageSize + y) * imageSize + x;
            int level = Math.clamp(Math.round((pixels_F3hw.getFloat(index) + 1) * 127.5f), 0, 255);
            rgb = rgb << 8 | level;
        }
        return rgb;
    }
}
