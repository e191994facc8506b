package io.longreel.curriculum.sft;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Square frames as JPEG files of the shape that the video is shown in. Pure: equal frames give equal files. */
final class Jpeg {
    private static final float QUALITY = 0.9f;
    /** What is thinner than this is not meant to be looked at. */
    private static final double RATIO_MAX = 8;

    private Jpeg() {}

    /**
     * @param aspectRatio width to height of the result, whose longer side has {@code side} pixels
     */
    static byte[] of(MemorySegment rgb_hw3, int side, double aspectRatio) {
        double ratio = Math.clamp(aspectRatio, 1 / RATIO_MAX, RATIO_MAX);
        int width = (int) Math.max(1, Math.round(side * Math.min(1, ratio)));
        int height = (int) Math.max(1, Math.round(side / Math.max(1, ratio)));
        BufferedImage square = square(rgb_hw3, side);
        if (width == side && height == side) {
            return encoded(square);
        }
        BufferedImage shaped = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = shaped.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.drawImage(square, 0, 0, width, height, null);
        } finally {
            graphics.dispose();
        }
        return encoded(shaped);
    }

    private static BufferedImage square(MemorySegment rgb_hw3, int side) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                long at = 3L * ((long) y * side + x);
                row[x] = (rgb_hw3.get(ValueLayout.JAVA_BYTE, at) & 0xff) << 16
                        | (rgb_hw3.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff) << 8
                        | (rgb_hw3.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff);
            }
            image.setRGB(0, y, side, 1, row, 0, side);
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream output = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(QUALITY);
            writer.setOutput(output);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException("memory can be written to", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
