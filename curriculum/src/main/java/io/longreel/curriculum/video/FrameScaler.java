package io.longreel.curriculum.video;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Turns decoded frames of any pixel format into square, upright RGB pictures (the aspect ratio is not kept: VILA's "resize"). Shrinking
 * averages over areas, so that thin things do not flicker; enlarging is bilinear. All rounding is exact, which makes the result the same on
 * every processor. Owned by one {@link VideoReader}.
 */
final class FrameScaler implements AutoCloseable {
    private static final int ALIGNMENT_BYTES = 64;
    private static final int PLANES = 4;

    private final Path file;
    private final int size;
    private final Orientation orientation;
    private final int strideBytes;
    private final BytePointer picture;
    private final MemorySegment pictureSegment;
    private final PointerPointer<Pointer> pictureData = new PointerPointer<>(PLANES);
    private final IntPointer pictureStride = new IntPointer((long) PLANES);
    private @Nullable SwsContext context;

    FrameScaler(Path file, int size, Orientation orientation) {
        this.file = file;
        this.size = size;
        this.orientation = orientation;
        this.strideBytes = (3 * size + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
        // swscale may write past the end of a line in whole vectors.
        long sizeBytes = (long) strideBytes * size + ALIGNMENT_BYTES;
        this.picture = new BytePointer(avutil.av_malloc(sizeBytes)).capacity(sizeBytes);
        this.pictureSegment = MemorySegment.ofBuffer(picture.asByteBuffer());
        for (int plane = 0; plane < PLANES; plane++) {
            pictureData.put(plane, plane == 0 ? picture : null);
            pictureStride.put(plane, plane == 0 ? strideBytes : 0);
        }
    }

    /** Writes {@code frame} as {@code size * size * 3} bytes. */
    void convert(AVFrame frame, MemorySegment rgb) {
        boolean shrinks = frame.width() >= size && frame.height() >= size;
        int flags = (shrinks ? swscale.SWS_AREA : swscale.SWS_BILINEAR)
                | swscale.SWS_ACCURATE_RND
                | swscale.SWS_BITEXACT
                | swscale.SWS_FULL_CHR_H_INT;
        // A stream may change size or format on its way: the cached context is replaced then.
        SwsContext current = swscale.sws_getCachedContext(
                context,
                frame.width(),
                frame.height(),
                frame.format(),
                size,
                size,
                avutil.AV_PIX_FMT_RGB24,
                flags,
                (SwsFilter) null,
                (SwsFilter) null,
                (DoublePointer) null);
        context = current;
        if (current == null) {
            throw Ffmpeg.failure(
                    file,
                    "its pictures cannot be converted (%d x %d, pixel format %d)"
                            .formatted(frame.width(), frame.height(), frame.format()),
                    "convert the video to 8 bit yuv420p");
        }
        if (frame.colorspace() != avutil.AVCOL_SPC_UNSPECIFIED) {
            boolean fullRange = frame.color_range() == avutil.AVCOL_RANGE_JPEG;
            IntPointer coefficients = swscale.sws_getCoefficients(frame.colorspace());
            swscale.sws_setColorspaceDetails(
                    current, coefficients, fullRange ? 1 : 0, coefficients, 1, 0, 1 << 16, 1 << 16);
        }
        Ffmpeg.check(
                swscale.sws_scale(
                        current, frame.data(), frame.linesize(), 0, frame.height(), pictureData, pictureStride),
                file,
                "scaling a frame",
                "check the file with a player");
        orientation.copy(pictureSegment, strideBytes, rgb, size);
    }

    @Override
    public void close() {
        swscale.sws_freeContext(context);
        context = null;
        avutil.av_free(picture);
        pictureData.close();
        pictureStride.close();
    }
}
