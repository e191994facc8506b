package io.longreel.curriculum.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * Makes RGB of a decoded image in whatever pixel format it has. FFmpeg's description of the format says where each component lies and how
 * many bits it has, so there is one way for all of them, and a fast one for the two that nearly every file has: packed RGB and planar YCbCr.
 * Levels of more than 8 bits lose their lower ones, those of fewer are stretched to 255; alpha is not looked at.
 */
final class FrameColours {
    private static final int LEVEL_BITS = 8;
    private static final int LEVEL_MAX = 255;
    private static final int PALETTE_ENTRIES = 256;

    /** Takes a component's value at a pixel, counted row by row. */
    @FunctionalInterface
    private interface PixelWriter {
        void write(int value, int pixel);
    }

    private FrameColours() {}

    static Picture picture(PictureBytes bytes, PictureFormat format, AVFrame frame) {
        AVPixFmtDescriptor pixels = avutil.av_pix_fmt_desc_get(frame.format());
        PictureSize size = new PictureSize(frame.width(), frame.height());
        if (frame.format() == avutil.AV_PIX_FMT_RGB24) {
            return Picture.transfer(size, plane(frame, 0, 3 * size.width(), size.height()));
        }
        if ((pixels.flags() & avutil.AV_PIX_FMT_FLAG_PAL) != 0) {
            return Picture.transfer(size, fromPalette(frame, pixels, size));
        }
        if ((pixels.flags() & avutil.AV_PIX_FMT_FLAG_RGB) == 0 && pixels.nb_components() >= 3) {
            if (pixels.comp(0).depth() != LEVEL_BITS || (pixels.flags() & avutil.AV_PIX_FMT_FLAG_PLANAR) == 0) {
                throw bytes.failure(
                        "its pixel format %s is not supported"
                                .formatted(pixels.name().getString()),
                        "convert it to 8 bits per channel");
            }
            return Picture.transfer(size, fromYcbcr(format, frame, pixels, size));
        }
        return Picture.transfer(size, fromComponents(frame, pixels, size));
    }

    private static byte[] fromYcbcr(PictureFormat format, AVFrame frame, AVPixFmtDescriptor pixels, PictureSize size) {
        int shiftX = pixels.log2_chroma_w();
        int shiftY = pixels.log2_chroma_h();
        int chromaWidth = -(-size.width() >> shiftX);
        int chromaHeight = -(-size.height() >> shiftY);
        return new YcbcrPlanes(
                        size,
                        plane(frame, 0, size.width(), size.height()),
                        plane(frame, 1, chromaWidth, chromaHeight),
                        plane(frame, 2, chromaWidth, chromaHeight),
                        shiftX,
                        shiftY)
                .toRgb(format == PictureFormat.WEBP ? YcbcrPlanes.Arithmetic.LIBWEBP : YcbcrPlanes.Arithmetic.LIBJPEG);
    }

    private static byte[] plane(AVFrame frame, int plane, int rowBytes, int rows) {
        long strideBytes = frame.linesize(plane);
        MemorySegment source = MemorySegment.ofBuffer(
                frame.data(plane).capacity(strideBytes * (rows - 1L) + rowBytes).asByteBuffer());
        byte[] copy = new byte[rowBytes * rows];
        for (int y = 0; y < rows; y++) {
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, y * strideBytes, copy, y * rowBytes, rowBytes);
        }
        return copy;
    }

    /** RGB or grey in any arrangement. */
    private static byte[] fromComponents(AVFrame frame, AVPixFmtDescriptor pixels, PictureSize size) {
        boolean rgb = (pixels.flags() & avutil.AV_PIX_FMT_FLAG_RGB) != 0;
        boolean inverted = frame.format() == avutil.AV_PIX_FMT_MONOWHITE;
        byte[] rgb_hw3 = new byte[Math.toIntExact(size.pixels() * Picture.CHANNELS)];
        for (int channel = 0; channel < Picture.CHANNELS; channel++) {
            int component = rgb ? channel : 0;
            int depth = pixels.comp(component).depth();
            int to = channel;
            readComponent(frame, pixels, component, size, (value, pixel) -> {
                int level =
                        depth >= LEVEL_BITS ? value >> (depth - LEVEL_BITS) : value * LEVEL_MAX / ((1 << depth) - 1);
                rgb_hw3[pixel * Picture.CHANNELS + to] = (byte) (inverted ? LEVEL_MAX - level : level);
            });
        }
        return rgb_hw3;
    }

    /** Indices into 256 numbers 0xAARRGGBB, which FFmpeg keeps in the machine's byte order. */
    private static byte[] fromPalette(AVFrame frame, AVPixFmtDescriptor pixels, PictureSize size) {
        int[] palette = new int[PALETTE_ENTRIES];
        new IntPointer(frame.data(1)).get(palette);
        byte[] rgb_hw3 = new byte[Math.toIntExact(size.pixels() * Picture.CHANNELS)];
        readComponent(frame, pixels, 0, size, (index, pixel) -> {
            int colour = palette[index];
            rgb_hw3[pixel * Picture.CHANNELS] = (byte) (colour >> 16);
            rgb_hw3[pixel * Picture.CHANNELS + 1] = (byte) (colour >> 8);
            rgb_hw3[pixel * Picture.CHANNELS + 2] = (byte) colour;
        });
        return rgb_hw3;
    }

    private static void readComponent(
            AVFrame frame, AVPixFmtDescriptor pixels, int component, PictureSize size, PixelWriter writer) {
        short[] row = new short[size.width()];
        try (ShortPointer line = new ShortPointer((long) size.width())) {
            for (int y = 0; y < size.height(); y++) {
                avutil.av_read_image_line2(
                        line, frame.data(), frame.linesize(), pixels, 0, y, component, row.length, 0, Short.BYTES);
                line.get(row);
                for (int x = 0; x < row.length; x++) {
                    writer.write(Short.toUnsignedInt(row[x]), y * row.length + x);
                }
            }
        }
    }
}
